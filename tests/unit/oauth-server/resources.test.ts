import test from 'ava'
import { type Addresses, hostLayout, pathLayout } from '../../../lib/catalogue/addresses.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../../lib/catalogue/live-gateway.ts'
import { ConfigError } from '../../../lib/platform/environment.ts'
import { requireService } from '../../../oauth-server/config.ts'
import { createResources } from '../../../oauth-server/resources.ts'
import { changingGateway } from '../../support/changing-gateway.ts'

const shipped = readGateway({}, '/nonexistent')

const pick = (names: readonly string[]) =>
  new Map([...shipped.services].filter(([name]) => names.includes(name)))
const resourcesOf = (addresses: Addresses, ...names: string[]) =>
  createResources(stillGateway({ ...shipped, addresses, services: pick(names) }))

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

test('the port of the scheme says nothing', (t) => {
  const web = resourcesOf(pathLayout(new URL('https://gw.example')), 'echo')
  const plain = resourcesOf(pathLayout(new URL('http://localhost')), 'echo')
  t.deepEqual(web.resolve('https://gw.example:443/echo/mcp'), ECHO)
  t.deepEqual(web.resolve('HTTPS://GW.example:443'), { kind: 'default' })
  t.deepEqual(plain.resolve('http://localhost:80/echo/mcp/'), ECHO)
  for (const text of ['https://gw.example:80/echo/mcp', 'https://gw.example:4443/echo/mcp']) {
    t.deepEqual(web.resolve(text), { kind: 'unknown' })
  }
  t.deepEqual(plain.resolve('http://localhost:443/echo/mcp'), { kind: 'unknown' })
  t.deepEqual(host.resolve('https://echo.example.com:443/mcp'), ECHO)
})

test('nothing, or the bare origin, names no service, however many there are', (t) => {
  const one = resourcesOf(pathLayout(new URL('http://localhost:8642')), 'echo')
  for (const text of [undefined, 'http://localhost:8642', 'http://localhost:8642/']) {
    t.deepEqual(path.resolve(text), { kind: 'default' })
    t.deepEqual(one.resolve(text), { kind: 'default' })
  }
})

test('then the only service is meant, or the one configured, or none', (t) => {
  const addresses = pathLayout(new URL('http://localhost:8642'))
  t.is(resourcesOf(addresses, 'echo').defaultService, 'echo')
  t.is(path.defaultService, undefined)
  const services = pick(['echo', 'memory'])
  const live = changingGateway({ ...shipped, addresses, services })
  t.is(createResources(live, 'memory').defaultService, 'memory')
})

test('services that come and go are meant as long as they are there', async (t) => {
  for (const layout of [
    pathLayout(new URL('http://localhost:8642')),
    hostLayout(new URL('https://auth.example.com'), 'example.com'),
  ]) {
    const live = changingGateway({ ...shipped, addresses: layout, services: pick(['echo']) })
    const resources = createResources(live, 'memory')
    const memory = layout.resourceOf('memory')
    t.deepEqual(resources.resolve(memory), { kind: 'unknown' })
    t.is(resources.defaultService, 'echo', 'one that is not there is nobody’s default')
    await live.change({ services: pick(['echo', 'memory']) })
    t.deepEqual(resources.resolve(memory), { kind: 'service', service: 'memory' })
    t.is(resources.defaultService, 'memory')
    await live.change({ services: pick(['memory', 'filesystem']) })
    t.deepEqual(resources.resolve(layout.resourceOf('echo')), { kind: 'unknown' })
  }
})

test('a default that is not served is refused with the names that are', (t) => {
  const services = pick(['echo', 'memory'])
  t.notThrows(() => requireService(services, undefined))
  t.notThrows(() => requireService(services, 'echo'))
  const error = t.throws(() => requireService(services, 'nobody'), { instanceOf: ConfigError })
  t.deepEqual(error?.faults, ['DEFAULT_SERVICE must be one of echo, memory, not "nobody"'])
})

test('in the host layout the origin names the service', (t) => {
  t.deepEqual(host.resolve('https://echo.example.com'), ECHO)
  t.deepEqual(host.resolve('https://echo.example.com/'), ECHO)
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
