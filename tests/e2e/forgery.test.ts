import { join } from 'node:path'
import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const forger = join(import.meta.dirname, '../fixtures/forging-server.ts')
const gateway = await startGateway({
  file: `mcpServers:\n  forger: { command: ${process.execPath}, args: ["${forger}"] }\n`,
})
test.after.always(() => gateway.remove())

verifies('child-cannot-forge', async (t) => {
  const echo = await connect(`${gateway.url}/echo/mcp`, createVisitor('alice'))
  await callText(echo.client, 'whoami')
  const { client, close } = await connect(`${gateway.url}/forger/mcp`, createVisitor('mallory'))
  t.teardown(() => Promise.all([close(), echo.close()]))
  const answer = JSON.parse(await callText(client, 'forge')) as {
    found: Record<string, string>
    environment: string[]
  }
  const { found, environment } = answer
  t.is(found[`tcp ${gateway.port}`], '401', 'the front door wants a token')
  const sockets = Object.keys(found).filter((name) => name.includes('mcp-gateway-'))
  t.true(sockets.length >= 5, `the child finds the rooms’ sockets: ${sockets.join(' ')}`)
  for (const [place, status] of Object.entries(found)) {
    t.false(/^2/.test(status) && place.includes('mcp-gateway-'), `${place} answered ${status}`)
  }
  t.notRegex(
    gateway.output(),
    /"?user"?[=:]"?dev:forged/,
    'no room has taken the forged name for a user',
  )
  const secrets = environment.filter((name) => /SECRET|PASSWORD|REDIS|SOCKET/.test(name))
  t.deepEqual(secrets, [], 'the child was given nothing of the gateway’s')
})
