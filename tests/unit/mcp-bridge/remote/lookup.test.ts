import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import test from 'ava'
import { OutboundError } from '../../../../lib/platform/outbound/outbound-error.ts'
import type { Resolve } from '../../../../lib/platform/outbound/resolve.ts'
import { Connections } from '../../../../mcp-bridge/remote/connections.ts'
import { createLookup } from '../../../../mcp-bridge/remote/lookup.ts'

const answering =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

function look(lookup: LookupFunction, host: string): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  lookup(host, { all: true }, (error, found) => {
    if (error) reject(error)
    else resolve((found as { address: string }[]).map(({ address }) => address))
  })
  return promise
}

test('a public name leads to its addresses', async (t) => {
  const lookup = createLookup({ privateAddresses: false, resolve: answering('93.184.215.14') })
  t.deepEqual(await look(lookup, 'mcp.example.com'), ['93.184.215.14'])
})

for (const address of [
  '127.0.0.1',
  '10.0.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  'fd00::1',
  'fe80::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
]) {
  test(`a name that means ${address} leads nowhere, unless private addresses are meant`, async (t) => {
    const resolve = answering('93.184.215.14', address)
    const strict = createLookup({ privateAddresses: false, resolve })
    const error = await t.throwsAsync(look(strict, 'x.example.com'), { instanceOf: OutboundError })
    t.is((error as OutboundError).fault, 'address')
    const open = createLookup({ privateAddresses: true, resolve })
    t.true((await look(open, 'x.example.com')).includes(address))
  })
}

test('localhost is this machine, whatever anybody answers', async (t) => {
  const lookup = createLookup({ privateAddresses: false, resolve: answering('93.184.215.14') })
  t.deepEqual(await look(lookup, 'localhost'), ['127.0.0.1', '::1'])
})

test('a name without an address, or that nobody knows', async (t) => {
  const none = createLookup({ privateAddresses: false, resolve: answering() })
  await t.throwsAsync(look(none, 'x.example.com'), { message: 'Its host name was not found.' })
  const unknown: Resolve = () => Promise.reject(new Error('ENOTFOUND'))
  const lost = createLookup({ privateAddresses: false, resolve: unknown })
  await t.throwsAsync(look(lost, 'x.example.com'), { message: 'Its host name was not found.' })
})

test('a name is looked up once for each connection, and that is where it leads', async (t) => {
  const server = createServer((_, response) => void response.setHeader('connection', 'close').end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  let looks = 0
  const resolve: Resolve = () => {
    looks += 1
    return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  }
  const url = new URL(`http://rebinds.example.com:${port}/mcp`)
  const ask = async (privateAddresses: boolean) => {
    const connections = new Connections(url, { privateAddresses, resolve })
    t.teardown(() => connections.close())
    const signal = AbortSignal.timeout(60_000)
    const answer = await connections.ask(url, { method: 'GET', headers: {}, signal })
    answer.resume()
    return answer.statusCode
  }
  t.is(await ask(true), 200)
  t.is(await ask(true), 200)
  t.is(looks, 2)
  const error = await t.throwsAsync(ask(false), { instanceOf: OutboundError })
  t.is((error as OutboundError).fault, 'address')
  t.is(looks, 3)
})
