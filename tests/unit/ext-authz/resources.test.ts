import test from 'ava'
import { liveResources } from '../../../ext-authz/resources.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { changingGateway } from '../../support/changing-gateway.ts'

test('services are protected resources as long as they are there', async (t) => {
  const gateway = readGateway({}, '/nonexistent')
  const live = changingGateway(gateway)
  const find = liveResources(live)
  const [echo, memory] = ['echo', 'memory'].map((name) => gateway.services.get(name))
  if (echo === undefined || memory === undefined) return t.fail()
  t.is(find('echo')?.identifier, 'http://localhost:8642/echo/mcp')
  t.is(find('notes'), undefined)
  await live.change({ services: new Map([['notes', echo]]) })
  t.is(find('echo'), undefined)
  t.is(find('notes')?.identifier, 'http://localhost:8642/notes/mcp')
  t.regex(find('notes')?.metadataUrl ?? '', /oauth-protected-resource\/notes\/mcp$/)
})
