import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { createOutbound, type OutboundOptions } from '../../../lib/platform/outbound/outbound.ts'
import {
  describeFailure,
  OutboundError,
  type OutboundFault,
} from '../../../lib/platform/outbound/outbound-error.ts'
import type { Resolve } from '../../../lib/platform/outbound/resolve.ts'
import { createAuthority } from '../../support/certificates.ts'
import { watchConnections } from '../../support/connection-attempts.ts'
import { type Answer, sendJson, startDocumentServer } from '../../support/document-server.ts'
import { until } from '../../support/gateway-process.ts'

const HOST = 'client.test'
const URL_OF_IT = `https://${HOST}/document`
const SECRET = 'a-secret-of-the-target'
const authority = createAuthority()
setDefaultCACertificates([...getCACertificates('default'), authority.cert.toString()])
const valid = authority.issue([HOST])
const server = await startDocumentServer(valid)
test.after.always(async () => {
  await server.stop()
  authority.remove()
})

/** Nobody may be looked up unless the test says so. */
const neverResolve: Resolve = async (host) => {
  throw new Error(`${host} was looked up`)
}

const placeOf = (port: number) => new Map([[HOST, { address: '127.0.0.1', port }]])

const outboundTo = (port: number, options: OutboundOptions = {}) =>
  createOutbound({ resolve: neverResolve, testHosts: placeOf(port), ...options })

async function refuses(
  t: ExecutionContext,
  fault: OutboundFault,
  fetching: Promise<unknown>,
): Promise<OutboundError> {
  const error = await t.throwsAsync<OutboundError>(fetching as Promise<never>, {
    instanceOf: OutboundError,
  })
  t.is(error.fault, fault, describeFailure(error))
  t.false(error.message.includes(SECRET))
  return error
}

const fetchAnswer = async (answer: Answer, options: OutboundOptions & { max?: number } = {}) => {
  const one = await startDocumentServer(valid)
  one.serve(URL_OF_IT, answer)
  try {
    return await outboundTo(one.port, options).fetch(URL_OF_IT, options.max ?? 100)
  } finally {
    await one.stop()
  }
}

test('JSON is fetched with what HTTP says about it, and nothing is sent along', async (t) => {
  let sent: Record<string, unknown> = {}
  server.serve(URL_OF_IT, (request, response) => {
    sent = request.headers
    sendJson({ a: 'ä' }, { 'cache-control': 'max-age=60' })(request, response)
  })
  const { text, headers } = await outboundTo(server.port).fetch(URL_OF_IT, 100)
  t.is(text, '{"a":"ä"}')
  t.is(headers['cache-control'], 'max-age=60')
  t.deepEqual(sent, {
    host: HOST,
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'mcp-oauth-gateway',
    connection: 'close',
  })
})

for (const type of [
  'application/json',
  'Application/JSON; charset=UTF-8',
  'application/json;charset="utf-8"',
  'application/cimd+json',
]) {
  test(`${type} is JSON`, async (t) => {
    const { text } = await fetchAnswer(sendJson('{}', { 'content-type': type }))
    t.is(text, '{}')
  })
}

const answers = test.macro({
  async exec(t, fault: OutboundFault, answer: Answer) {
    await refuses(t, fault, fetchAnswer(answer))
  },
  title: (name = '') => `refused: ${name}`,
})

for (const status of [301, 302, 303, 307, 308]) {
  test(`${status}`, answers, 'redirect', (_request, response) => {
    response.writeHead(status, { location: `https://${HOST}/other`, 'content-type': 'a/b' })
    response.end(SECRET)
  })
}
for (const status of [201, 204, 304, 400, 401, 404, 500, 503]) {
  const fault = status === 304 ? 'redirect' : 'status'
  test(`status ${status}`, answers, fault, (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end()
  })
}
for (const type of [
  'text/html',
  'text/json',
  'application/json; charset=utf-16',
  'application/jsonp',
  'application/x+jsonx',
  '',
]) {
  test(`content type "${type}"`, answers, 'type', sendJson('{}', { 'content-type': type }))
}
test('no content type', answers, 'type', (_request, response) => {
  response.writeHead(200).end('{}')
})
test('a gzip bomb', answers, 'encoding', (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
  response.end(gzipSync(Buffer.alloc(5_000_000, 0x20)))
})
test('brotli', answers, 'encoding', sendJson('{}', { 'content-encoding': 'br' }))
test('too large by its own word', answers, 'size', sendJson(`"${SECRET.repeat(10)}"`))
test('too large, a little at a time', answers, 'size', (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  for (let count = 0; count < 101; count += 1) response.write(' ')
})
test('not UTF-8', answers, 'text', (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(Buffer.from([0x22, 0xc3, 0x28, 0x22]))
})
test('cut short', answers, 'connection', (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '50' })
  response.write('{}', () => response.destroy())
})
test('another protocol', answers, 'status', ({ socket }) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
})
test('closed without an answer', answers, 'connection', (_request, response) => {
  response.destroy()
})

test('the bound is a bound: as many bytes pass, one more does not', async (t) => {
  const text = `"${'x'.repeat(10_238)}"`
  const found = await fetchAnswer(sendJson(text), { max: 10_240 })
  t.is(found.text.length, 10_240)
  await refuses(t, 'size', fetchAnswer(sendJson(` ${text}`), { max: 10_240 }))
})

const drip = (response: ServerResponse, text: string): void => {
  const timer = setInterval(() => response.write(text), 20)
  response.on('close', () => clearInterval(timer))
}

const SLOW: Readonly<Record<string, Answer>> = {
  'no headers': () => {},
  'a body of a byte now and then': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    drip(response, ' ')
  },
  'a body that its connection ends': ({ socket }, response) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}')
    const timer = setInterval(() => socket.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  },
  'early hints without end': (_request, response) => {
    const timer = setInterval(() => response.writeProcessing(), 20)
    response.on('close', () => clearInterval(timer))
  },
}
for (const [name, answer] of Object.entries(SLOW)) {
  test(`one deadline over everything: ${name}`, async (t) => {
    const startedAt = performance.now()
    await refuses(t, 'deadline', fetchAnswer(answer, { deadlineMs: 400, max: 100_000 }))
    const elapsed = performance.now() - startedAt
    t.true(elapsed >= 390 && elapsed < 20_000, `${elapsed} ms`)
  })
}

test('one deadline over everything: a server that never shakes hands', async (t) => {
  const silent = createServer(() => {})
  t.teardown(() => silent.close())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  await refuses(t, 'deadline', outboundTo(port, { deadlineMs: 300 }).fetch(URL_OF_IT, 100))
})

test('one deadline over everything: a resolver that never answers', async (t) => {
  const { promise } = Promise.withResolvers<never>()
  const outbound = createOutbound({ resolve: () => promise, deadlineMs: 300 })
  await refuses(t, 'deadline', outbound.fetch(URL_OF_IT, 100))
})

test('unless told otherwise the deadline is five seconds', async (t) => {
  const { promise } = Promise.withResolvers<never>()
  const startedAt = performance.now()
  await refuses(t, 'deadline', createOutbound({ resolve: () => promise }).fetch(URL_OF_IT, 100))
  const elapsed = performance.now() - startedAt
  t.true(elapsed >= 4900 && elapsed < 15_000, `${elapsed} ms`)
})

test('what is refused is hung up on', async (t) => {
  const one = await startDocumentServer(valid)
  t.teardown(() => one.stop())
  let isClosed = false
  one.serve(URL_OF_IT, (request, response) => {
    request.socket.on('close', () => {
      isClosed = true
    })
    response.writeHead(200, { 'content-type': 'text/html' })
    drip(response, ' ')
  })
  await refuses(t, 'type', outboundTo(one.port).fetch(URL_OF_IT, 100))
  await until(() => isClosed, 2000)
  t.true(isClosed)
})

const handshakes = test.macro({
  async exec(t, options: object) {
    const one = await startDocumentServer(options)
    t.teardown(() => one.stop())
    one.serve(URL_OF_IT, {})
    await refuses(t, 'connection', outboundTo(one.port).fetch(URL_OF_IT, 100))
    t.deepEqual(one.asked, [])
  },
  title: (name = '') => `no connection to ${name}`,
})

const stranger = createAuthority()
test.after.always(() => stranger.remove())
test('a certificate of an unknown authority', handshakes, stranger.issue([HOST]))
test('an expired certificate', handshakes, authority.issue([HOST], 'expired'))
test('a certificate of another host', handshakes, authority.issue(['other.test']))
test('a server that knows TLS 1.1 at best', handshakes, {
  ...valid,
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
})

test('no setting of the process weakens the check of certificates', async (t) => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.teardown(() => {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  })
  const one = await startDocumentServer(stranger.issue([HOST]))
  t.teardown(() => one.stop())
  await refuses(t, 'connection', outboundTo(one.port).fetch(URL_OF_IT, 100))
})

const PRIVATE = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1']
const toAddress = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 })

const attempts = watchConnections()

for (const address of PRIVATE) {
  test(`a name that leads to ${address} is not connected to`, async (t) => {
    const outbound = createOutbound({ resolve: async () => [toAddress(address)] })
    await refuses(t, 'address', outbound.fetch('https://rebound.test/', 100))
    t.false(attempts.includes(`${address} 443`))
  })

  test(`nor is one that leads to ${address} among others`, async (t) => {
    const all = ['3ffe::7', address].map(toAddress)
    const outbound = createOutbound({ resolve: async () => all })
    await refuses(t, 'address', outbound.fetch('https://rebound.test/', 100))
    t.false(attempts.includes('3ffe::7 443'))
  })
}

test('a name that is not found, or has no address, is said to be unknown', async (t) => {
  await refuses(t, 'unresolved', createOutbound({ resolve: neverResolve }).fetch(URL_OF_IT, 100))
  await refuses(t, 'unresolved', createOutbound({ resolve: async () => [] }).fetch(URL_OF_IT, 100))
})

test('a URL that may not be asked is refused before its name is looked up', async (t) => {
  let count = 0
  const outbound = createOutbound({
    async resolve() {
      count += 1
      return []
    },
  })
  for (const url of ['http://client.test/x', 'https://client.test:22/x', 'https://127.0.0.1/x']) {
    await refuses(t, 'url', outbound.fetch(url, 100))
  }
  t.is(count, 0)
})

for (const [share, max, urlOf, requesterOf] of [
  ['in all', 20, (count: number) => `https://${count}.test/x`, (count: number) => `${count}`],
  ['to one host', 8, (count: number) => `https://one.test/${count}`, () => undefined],
  ['for one requester', 4, (count: number) => `https://${count}.test/x`, () => 'one'],
] as const) {
  test(`${max} at once ${share}, and room again when they are done`, async (t) => {
    const { promise, resolve } = Promise.withResolvers<[]>()
    const outbound = createOutbound({ resolve: () => promise })
    const fetch = (count: number) => outbound.fetch(urlOf(count), 100, requesterOf(count))
    const running = Array.from({ length: max }, (_, count) => {
      outbound.requireRoom(urlOf(count), requesterOf(count))
      return fetch(count)
    })
    t.throws(() => outbound.requireRoom(urlOf(max), requesterOf(max)), {
      instanceOf: OutboundError,
    })
    await refuses(t, 'busy', fetch(max))
    const others = max === 20 ? [] : [outbound.fetch('https://other.test/x', 100, 'another')]
    resolve([])
    const ends = await Promise.allSettled([...running, ...others])
    t.false(ends.some((end) => end.status === 'rejected' && end.reason.fault === 'busy'))
    await refuses(t, 'unresolved', fetch(max))
  })
}
