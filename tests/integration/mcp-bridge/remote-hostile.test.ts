/** Servers elsewhere that refuse, mislead or never end. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Bridge, startBridge } from '../../support/bridge.ts'
import { freePort } from '../../support/free-port.ts'
import {
  type Answer,
  answerOf,
  type HostileRemote,
  initialized,
  JSON_HEADER,
  startHostile,
} from '../../support/hostile-remote.ts'
import { initializeBody, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'

/** What each server answers to everything. */
const always: Record<string, string> = {
  bare401: answerOf('401 Unauthorized', ['set-cookie: a=b', JSON_HEADER], '{"secret":"of theirs"}'),
  oauth401: answerOf('401 Unauthorized', [
    'www-authenticate: Bearer resource_metadata="https://theirs.example/x"',
  ]),
  keyed401: answerOf('401 Unauthorized', ['www-authenticate: Bearer error="invalid_token"']),
  forbids: answerOf(
    '403 Forbidden',
    [JSON_HEADER],
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"theirs"}}',
  ),
  private: answerOf('307 Temporary Redirect', [
    'location: http://169.254.169.254/latest/meta-data',
  ]),
  elsewhere: answerOf('308 Permanent Redirect', ['location: https://example.com/mcp']),
  moved: answerOf('302 Found', ['location: /other']),
  circle: answerOf('307 Temporary Redirect', ['location: /mcp']),
  busy: answerOf('429 Too Many Requests', ['retry-after: 120']),
  away: answerOf('503 Service Unavailable', ['retry-after: x\ty']),
  broken: answerOf('500 Internal Server Error', ['content-type: text/plain'], 'secret of theirs'),
  telling: answerOf(
    '500 Internal Server Error',
    [JSON_HEADER],
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"disk full"}}',
  ),
  page: answerOf('200 OK', ['content-type: text/html'], '<h1>Welcome</h1>'),
  words: answerOf('200 OK', [JSON_HEADER], '{"hello":"world"}'),
  half: answerOf('200 OK', [JSON_HEADER], '{"jsonrpc":"2.0","id":1,"resu'),
  silent: answerOf('202 Accepted', []),
  zipped: answerOf('200 OK', [JSON_HEADER, 'content-encoding: gzip'], '\x1f\x8b'),
  rubbish: 'what is this?\r\n\r\n',
  teapot: answerOf('418 I am a teapot', []),
}

const headers = { authorization: 'Bearer ${secret.DOCS_TOKEN}' }
const hostile: HostileRemote[] = []
const start = async (answer: Answer): Promise<HostileRemote> => {
  const one = await startHostile(answer)
  hostile.push(one)
  return one
}
const services: Record<string, object> = {}
for (const [name, bytes] of Object.entries(always)) {
  const { url } = await start((socket) => void socket.write(bytes))
  services[name] = { url, ...(name === 'keyed401' && { headers }) }
}
services['nobody'] = { url: `http://127.0.0.1:${await freePort()}/mcp` }
const canary = 'the token of the operator'
const bridge = await startBridge({ services, environment: { DOCS_TOKEN: canary } })
test.after.always(async () => {
  await bridge.stop()
  await Promise.all(hostile.map((one) => one.stop()))
})

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await sleep(50)
  t.true(holds(), what)
}

const ownBridge = async (t: ExecutionContext, answer: Answer, more: object = {}) => {
  const server = await startHostile(answer)
  const own = await startBridge({ services: { far: { url: server.url, ...more } } })
  t.teardown(async () => {
    await own.stop()
    await server.stop()
  })
  return { own, server }
}

const refusalOf = async (from: Bridge, service: string): Promise<[Response, RpcBody['error']]> => {
  const response = await send(from, service, initializeBody())
  return [response, (await json(response)).error]
}

for (const [service, words] of Object.entries({
  bare401: /asks for credentials \(401\): the operator must set headers, userSecrets or oauth/,
  oauth401: /\(401\): it wants each person to log in there \(OAuth\), which this gateway cannot do/,
  keyed401: /\(401\): the operator must check the headers of this service/,
  forbids: /forbids this \(403\)/,
  private: /redirect \(307\), which is not followed/,
  elsewhere: /redirect \(308\), which is not followed/,
  moved: /redirect \(302\), which is not followed/,
  circle: /redirect \(307\)/,
  busy: /too much to do \(429\): try again after 120/,
  away: /too much to do \(503\): try again later/,
  broken: /answered with status 500/,
  telling: /^disk full$/,
  page: /answers with a web page/,
  words: /answers with no MCP message/,
  half: /answers with no MCP message/,
  silent: /took the request and does not answer it/,
  zipped: /answers compressed/,
  rubbish: /cannot be reached: what it answers is not HTTP/,
  teapot: /answered with status 418/,
  nobody: /cannot be reached: it refuses connections/,
})) {
  test(`${service}: a clear error, and no session`, async (t) => {
    const [response, error] = await refusalOf(bridge, service)
    t.regex(error?.message ?? '', words)
    if (service !== 'telling') t.regex(error?.message ?? '', new RegExp(`the service ${service}: `))
    t.is(response.headers.get('mcp-session-id'), null)
    for (const name of ['set-cookie', 'www-authenticate', 'location']) {
      t.is(response.headers.get(name), null)
    }
    t.false(JSON.stringify(error).includes('theirs'))
  })
}

test('who does not let us in is not asked what else it speaks', async (t) => {
  const { url, heard } = await start((socket) => void socket.write(always['bare401'] ?? ''))
  const own = await startBridge({ services: { far: { url } } })
  t.teardown(() => own.stop())
  const [response] = await refusalOf(own, 'far')
  t.is(response.status, 200)
  t.is(heard.length, 1)
})

test('nothing that was brought along is in the log', async (t) => {
  await refusalOf(bridge, 'keyed401')
  t.false(JSON.stringify(bridge.log).includes(canary))
})

test('an answer that never comes is given up, and its connection with it', async (t) => {
  const { own, server } = await ownBridge(
    t,
    (socket, heard) => {
      if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
      else if (heard.body.includes('notifications/')) socket.write(answerOf('202 Accepted', []))
      else if (heard.line.startsWith('GET')) socket.write(answerOf('405 Method Not Allowed', []))
    },
    { callTimeout: 1 },
  )
  const { id } = await open(own, 'far')
  const answer = await json(send(own, 'far', rpc('tools/call', { name: 'x' }), { session: id }))
  t.regex(answer.error?.message ?? '', /was silent for 1 s/)
  await until(t, 'the server is told', () =>
    server.heard.some(({ body }) => body.includes('notifications/cancelled')),
  )
  await until(t, 'the connection is cut', () => server.open() <= 2)
})

test('an answer that is larger than allowed is cut off, its call is told', async (t) => {
  const { own } = await ownBridge(
    t,
    (socket, heard) => {
      if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
      else if (heard.body.includes('"tools/call"')) {
        socket.write(`HTTP/1.1 200 OK\r\n${JSON_HEADER}\r\ntransfer-encoding: chunked\r\n\r\n`)
        const chunk = `${(4096).toString(16)}\r\n${'x'.repeat(4096)}\r\n`
        const timer = setInterval(() => socket.write(chunk), 1)
        socket.once('close', () => clearInterval(timer))
      } else if (heard.body.includes('"tools/list"')) {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n')
        const timer = setInterval(() => socket.write(`data: ${'x'.repeat(4096)}`), 1)
        socket.once('close', () => clearInterval(timer))
      } else socket.write(answerOf('202 Accepted', []))
    },
    { messageBytes: 65_536 },
  )
  const { id } = await open(own, 'far')
  for (const body of [rpc('tools/call', { name: 'x' }), rpc('tools/list')]) {
    const answer = await json(send(own, 'far', body, { session: id }))
    t.regex(answer.error?.message ?? '', /larger than the gateway passes on/)
  }
})

test('headers without an end are no answer', async (t) => {
  const { own } = await ownBridge(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write(`x-a: ${'x'.repeat(1000)}\r\n`), 1)
    socket.once('close', () => clearInterval(timer))
  })
  const [, error] = await refusalOf(own, 'far')
  t.regex(error?.message ?? '', /the headers of its answer are too large/)
})

test('an answer that is cut in the middle is an error; the next call works', async (t) => {
  let cuts = 0
  const { own } = await ownBridge(t, (socket, heard) => {
    if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
    else if (heard.body.includes('"tools/list"')) {
      cuts += 1
      const { id } = JSON.parse(heard.body) as { id: number }
      const result = JSON.stringify({ jsonrpc: '2.0', id, result: { tools: [] } })
      if (cuts === 1)
        socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: x\n\n')
      else if (cuts === 2)
        socket.end(`HTTP/1.1 200 OK\r\n${JSON_HEADER}\r\ncontent-length: 99\r\n\r\n{`)
      else socket.write(answerOf('200 OK', [JSON_HEADER], result))
    } else socket.write(answerOf('202 Accepted', []))
  })
  const { id } = await open(own, 'far')
  const list = () => json(send(own, 'far', rpc('tools/list'), { session: id }))
  t.regex((await list()).error?.message ?? '', /cut its answer off/)
  t.regex((await list()).error?.message ?? '', /cut its answer off/)
  t.deepEqual((await list()).result, { tools: [] })
})

test('an answer to somebody else’s request reaches nobody', async (t) => {
  const { own } = await ownBridge(t, (socket, heard) => {
    if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
    else if (heard.body.includes('"tools/list"')) {
      const { id } = JSON.parse(heard.body) as { id: number }
      const one = (n: number) =>
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: n, result: { n } })}\n\n`
      const body = [one(id + 1000), one(id), one(id), one(id + 1)].join('')
      socket.write(answerOf('200 OK', ['content-type: text/event-stream'], body))
    } else socket.write(answerOf('202 Accepted', []))
  })
  const { id } = await open(own, 'far')
  const found: number[] = []
  for (let n = 0; n < 3; n += 1) {
    const { result } = await json(send(own, 'far', rpc('tools/list'), { session: id }))
    found.push(Number(result?.['n']))
  }
  const [first = 0] = found
  t.deepEqual(found, [first, first + 1, first + 2])
})

test('a server that nobody reaches is left alone for a while, then one request tries', async (t) => {
  const port = await freePort()
  const own = await startBridge({ services: { far: { url: `http://127.0.0.1:${port}/mcp` } } })
  t.teardown(() => own.stop())
  const statuses: number[] = []
  for (let n = 0; n < 5; n += 1) {
    const [response] = await refusalOf(own, 'far')
    statuses.push(response.status)
    if (response.status === 503) t.regex(response.headers.get('retry-after') ?? '', /^\d+$/)
  }
  t.deepEqual(statuses.slice(0, 3), [200, 200, 200])
  t.true(statuses.includes(503))
})

test('a stream of 2024-11-05 cannot lead to another origin', async (t) => {
  const { own, server } = await ownBridge(
    t,
    (socket) => {
      const event = 'event: endpoint\ndata: http://169.254.169.254/messages\n\n'
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${event}`)
    },
    { type: 'sse' },
  )
  const [, error] = await refusalOf(own, 'far')
  t.regex(error?.message ?? '', /names an address of another origin/)
  await until(t, 'the stream is left', () => server.open() === 0)
})

test('a redirect within the origin is followed, with everything that was brought along', async (t) => {
  const { own, server } = await ownBridge(
    t,
    (socket, heard) => {
      if (heard.line.endsWith('/mcp')) {
        socket.write(answerOf('307 Temporary Redirect', ['location: /mcp/']))
      } else if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
      else socket.write(answerOf('202 Accepted', []))
    },
    { headers: { 'x-api-key': 'k' } },
  )
  t.truthy((await open(own, 'far')).id)
  t.true(server.heard.every(({ head }) => /x-api-key: k/i.test(head)))
  t.true(server.heard.some(({ line }) => line === 'POST /mcp/'))
})

test('who ends the bridge waits for no server', async (t) => {
  const { own } = await ownBridge(t, (socket, heard) => {
    if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
    else if (heard.body.includes('notifications/')) socket.write(answerOf('202 Accepted', []))
  })
  await open(own, 'far')
  t.is(await own.end('SIGTERM'), 0)
})
