import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { watchConnections } from '../../support/connection-attempts.ts'
import { namesOf, startEcho, startProxy, startTarget } from '../../support/forward-proxy.ts'
import { requestText, sendBytes } from '../../support/raw-socket.ts'

const target = await startTarget()
const echo = await startEcho()
const attempts = watchConnections()
const { resolve } = namesOf({
  'target.test': [['127.0.0.1']],
  'metadata.test': [['169.254.169.254']],
  'mixed.test': [['93.184.215.14', '10.0.0.7']],
  'mapped.test': [['::ffff:10.0.0.7']],
  'own.test': [['93.184.215.77']],
  'empty.test': [[]],
})
const allow = `127.0.0.1:${target.port},127.0.0.1:${echo.port}`
const proxy = await startProxy({ allow, resolve, ownAddresses: () => ['93.184.215.77'] })
test.after.always(() => {
  for (const one of [proxy, target, echo]) one.stop()
})

/** In one connection that the proxy closes after its answer. */
const send = (...lines: readonly string[]) =>
  sendBytes(proxy.port, requestText(...lines, 'Connection: close'))
const get = (url: string, host = 'whoever.test') => send(`GET ${url} HTTP/1.1`, `Host: ${host}`)
const open = (authority: string) => send(`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`)
const ofTarget = (path: string) => `http://target.test:${target.port}${path}`

/** Each means this machine, its network, or the cloud around it. */
const PRIVATE = [
  '127.0.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '127.0.0.1.',
  '0.0.0.0',
  '0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::7f00:1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '169.254.169.254',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  'metadata.test',
  'mixed.test',
  'mapped.test',
  'own.test',
]

for (const host of PRIVATE) {
  test(`${host} is refused, to a request and to a tunnel, before anything is connected`, async (t) => {
    for (const answer of [await get(`http://${host}/secret`), await open(`${host}:443`)]) {
      t.is(answer.status, 403)
      t.regex(answer.text, /proxy-status: mcp-oauth-gateway; error=destination_ip_prohibited/i)
      t.regex(answer.text, /not on the public internet\. The operator .* EGRESS_ALLOW/)
    }
    // What is allowed here has other ports.
    t.deepEqual(
      attempts.filter((one) => / (?:80|443)$/.test(one)),
      [],
    )
  })
}

test('localhost is nobody’s name in DNS', async (t) => {
  t.is((await get('http://localhost/')).status, 502)
  t.is((await open('localhost:443')).status, 502)
})

for (const port of [22, 25, 6379, 11211]) {
  test(`port ${port} of a public host is refused`, async (t) => {
    const answer = await open(`93.184.215.14:${port}`)
    t.is(answer.status, 403)
    t.regex(answer.text, /Its port is not one that web servers use/)
  })
}

test('a name without addresses is 502', async (t) => {
  t.is((await get('http://empty.test/')).status, 502)
  t.is((await open('unknown.test:443')).status, 502)
})

test('a request is written anew: target, Host, end-to-end headers and no others', async (t) => {
  const answer = await send(
    `GET ${ofTarget('/a/../b?c=d')} HTTP/1.1`,
    'Host: other.test',
    'Proxy-Authorization: Basic c2VjcmV0',
    'Proxy-Connection: keep-alive',
    'Upgrade: websocket',
    'X-Kept: yes',
  )
  t.is(answer.status, 200)
  const seen = target.seen.find(({ url }) => url === '/b?c=d')
  t.deepEqual(seen?.headers, {
    host: `target.test:${target.port}`,
    'x-kept': 'yes',
    via: '1.1 mcp-oauth-gateway',
    connection: 'close',
  })
})

test('an answer comes back as it is, but for what speaks of one connection', async (t) => {
  const { text: answer } = await get(ofTarget('/kept'))
  t.regex(answer, /x-twice: 1\r\nx-twice: 2\r\n/)
  t.notRegex(answer, /timeout=9/)
  t.regex(answer, /answer to \/kept/)
})

test('a redirect is handed on: following it is a new request, and judged', async (t) => {
  const { status, text: answer } = await get(ofTarget('/redirect'))
  t.is(status, 302)
  const [, location = ''] = /location: (\S+)/.exec(answer) ?? []
  t.is((await get(location)).status, 403)
})

test('a body travels once, by its length and in chunks', async (t) => {
  const head = [`POST ${ofTarget('/by-length')} HTTP/1.1`, 'Host: x', 'Connection: close']
  await sendBytes(proxy.port, `${requestText(...head, 'Content-Length: 5')}hello`)
  const chunked = [`POST ${ofTarget('/chunked')} HTTP/1.1`, 'Host: x', 'Connection: close']
  const coding = 'Transfer-Encoding: chunked'
  await sendBytes(proxy.port, `${requestText(...chunked, coding)}5\r\nhello\r\n0\r\n\r\n`)
  for (const url of ['/by-length', '/chunked']) {
    t.deepEqual(
      target.seen.filter((one) => one.url === url).map(({ body }) => body),
      ['hello'],
    )
  }
})

test('a body keeps its length, whatever is said to speak of the connection alone', async (t) => {
  for (const method of ['POST', 'GET', 'DELETE']) {
    const path = `/named-${method}`
    const body = `GET /hidden-in-${method} HTTP/1.1\r\nHost: x\r\n\r\n`
    const head = [`${method} ${ofTarget(path)} HTTP/1.1`, 'Host: x']
    const length = ['Connection: close, Content-Length', `Content-Length: ${body.length}`]
    const answer = await sendBytes(proxy.port, requestText(...head, ...length) + body)
    t.is(answer.answers, 1)
    t.deepEqual(
      target.seen.filter(({ url }) => url === path).map((one) => one.body),
      [body],
      method,
    )
  }
  t.false(target.seen.some(({ url }) => url?.startsWith('/hidden-in')))
})

const SMUGGLED = 'GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n'

/** What two parsers could read as different requests. */
const AMBIGUOUS: Readonly<Record<string, readonly string[]>> = {
  'length and chunks': ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  'two lengths': ['Content-Length: 5', 'Content-Length: 6'],
  'a signed length': ['Content-Length: +5'],
  'a space before the colon': ['Content-Length : 5'],
  'a coding in disguise': ['Transfer-Encoding: xchunked'],
  'two codings': ['Transfer-Encoding: gzip, chunked'],
  'a folded header': ['X-Folded: a\r\n Transfer-Encoding: chunked'],
  'two hosts': ['Host: x', 'Host: y'],
  'a bare line feed': ['X: y\nTransfer-Encoding: chunked'],
}

for (const [what, headers] of Object.entries(AMBIGUOUS)) {
  test(`${what}: refused, and what follows is not read as a request`, async (t) => {
    const head = requestText(`POST ${ofTarget('/ambiguous')} HTTP/1.1`, 'Host: x', ...headers)
    const reply = await sendBytes(proxy.port, `${head}0\r\n\r\n${SMUGGLED}`)
    t.true([400, 501].includes(reply.status) || reply.answers === 0, reply.text)
    t.true(reply.answers <= 1)
    t.deepEqual(
      target.seen.filter(({ url }) => url === '/ambiguous'),
      [],
    )
  })
}

const UNFIT: Readonly<Record<string, readonly string[]>> = {
  'a path alone': ['GET /path HTTP/1.1', 'Host: target.test'],
  'https without a tunnel': ['GET https://target.test/ HTTP/1.1', 'Host: target.test'],
  'another scheme': ['GET ftp://target.test/ HTTP/1.1', 'Host: target.test'],
  'user information': ['GET http://a:b@target.test/ HTTP/1.1', 'Host: target.test'],
  'no Host': ['GET http://target.test/ HTTP/1.1'],
  'a tunnel without a port': ['CONNECT target.test HTTP/1.1', 'Host: target.test'],
  'a tunnel with user information': ['CONNECT a@target.test:443 HTTP/1.1', 'Host: target.test'],
}

for (const [what, lines] of Object.entries(UNFIT)) {
  test(`${what} is 400`, async (t) => {
    t.is((await send(...lines)).status, 400)
  })
}

test('headers beyond the bound are 431', async (t) => {
  const answer = await send(`GET ${ofTarget('/')} HTTP/1.1`, 'Host: x', `X: ${'x'.repeat(70_000)}`)
  t.is(answer.status, 431)
})

test('a target that breaks off is 502', async (t) => {
  t.is((await get(ofTarget('/breaks'))).status, 502)
})

test('so is one that switches to another protocol, which nobody has asked for', async (t) => {
  t.is((await get(ofTarget('/switches'))).status, 502)
})

test('a tunnel carries bytes both ways, what came with its request too, and each end by itself', async (t) => {
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
  const head = requestText(`CONNECT target.test:${echo.port} HTTP/1.1`, 'Host: x')
  client.write(`${head}early `)
  await once(client, 'data')
  client.end('late')
  t.is(await text(client), 'early late')
})

test('a name that means something else a moment later is judged again', async (t) => {
  const rebinding = namesOf({ 'rebinding.test': [['127.0.0.1'], ['10.0.0.7']] })
  const other = await startProxy({ allow: `127.0.0.1:${target.port}`, ...rebinding })
  t.teardown(other.stop)
  const url = `http://rebinding.test:${target.port}/rebinding`
  const ask = () => sendBytes(other.port, requestText(`GET ${url} HTTP/1.1`, 'Host: x'))
  t.is((await ask()).status, 200)
  t.is((await ask()).status, 403)
  t.deepEqual(rebinding.asked, ['rebinding.test', 'rebinding.test'], 'one look-up for each')
})

test('what is refused is told by host and port alone', async (t) => {
  const other = await startProxy()
  t.teardown(other.stop)
  const url = 'http://10.0.0.9/path?token=secret'
  await sendBytes(other.port, requestText(`GET ${url} HTTP/1.1`, 'Host: x', 'Cookie: secret'))
  t.deepEqual(other.refused, ['10.0.0.9 80 destination_ip_prohibited'])
})

test('silence ends a tunnel and a request', async (t) => {
  const other = await startProxy({ allow, resolve, idleMs: 200 })
  t.teardown(other.stop)
  const lines = [`CONNECT target.test:${echo.port} HTTP/1.1`, 'Host: x']
  t.true((await sendBytes(other.port, requestText(...lines))).closed)
  const waiting = [`GET ${ofTarget('/never')} HTTP/1.1`, 'Host: x']
  t.true((await sendBytes(other.port, requestText(...waiting))).closed)
})

test('one connection more than the bound is closed', async (t) => {
  const other = await startProxy({ connectionsMax: 1 })
  t.teardown(other.stop)
  const first = connect(other.port, '127.0.0.1')
  t.teardown(() => first.destroy())
  await once(first, 'connect')
  const second = await sendBytes(other.port, requestText('GET http://a.test/ HTTP/1.1', 'Host: x'))
  t.is(second.status, 0)
  t.true(second.closed)
})
