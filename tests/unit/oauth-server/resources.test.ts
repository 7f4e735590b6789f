import test from 'ava'
import { type Addresses, hostLayout, pathLayout } from '../../../lib/catalogue/addresses.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { createResources } from '../../../oauth-server/resources.ts'

const shipped = readGateway({}, '/nonexistent')

const resourcesOf = (addresses: Addresses, ...names: string[]) => {
  const services = new Map([...shipped.services].filter(([name]) => names.includes(name)))
  return createResources({ ...shipped, addresses, services })
}

const path = resourcesOf(pathLayout(new URL('http://localhost:8642')), 'echo', 'memory')
const host = resourcesOf(
  hostLayout(new URL('https://auth.example.com'), 'example.com'),
  'echo',
  'memory',
)
const ECHO = { kind: 'service', service: 'echo' } as const

test('a service is meant by its endpoint, with the known tolerances', (t) => {
  for (const text of [
    'http://localhost:8642/echo/mcp',
    'http://localhost:8642/echo/mcp/',
    'HTTP://Localhost:8642/echo/mcp',
  ]) {
    t.deepEqual(path.resolve(text), ECHO)
  }
  t.deepEqual(host.resolve('https://echo.example.com/mcp'), ECHO)
})

test('nothing, or the bare origin, leaves it open among several services', (t) => {
  for (const text of [undefined, 'http://localhost:8642', 'http://localhost:8642/']) {
    t.deepEqual(path.resolve(text), { kind: 'default' })
  }
})

test('and means the only one where there is one', (t) => {
  const one = resourcesOf(pathLayout(new URL('http://localhost:8642')), 'echo')
  for (const text of [undefined, 'http://localhost:8642']) t.deepEqual(one.resolve(text), ECHO)
})

test('in the host layout the origin names the service', (t) => {
  t.deepEqual(host.resolve('https://echo.example.com'), ECHO)
  t.deepEqual(host.resolve('https://auth.example.com'), { kind: 'default' })
})

for (const text of [
  'http://localhost:8642/echo',
  'http://localhost:8642/ECHO/mcp',
  'http://localhost:8642/echo/mcp//',
  'http://localhost:8642/echo/mcp#x',
  'http://localhost:8642/echo/mcp?x',
  'http://localhost/echo/mcp',
  'https://localhost:8642/echo/mcp',
  'http://localhost:8642@evil.example/echo/mcp',
  'http://evil.example',
  'echo',
]) {
  test(`${text} is no resource`, (t) => t.deepEqual(path.resolve(text), { kind: 'unknown' }))
}
