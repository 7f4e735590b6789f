/** Servers elsewhere that refuse, mislead or never end. */

import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startBridge } from '../../support/bridge.ts'
import { freePort } from '../../support/free-port.ts'
import {
  type Answer,
  answerOf,
  type Heard,
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
  switches: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
}

const EVENTS = 'content-type: text/event-stream'
const ACCEPTED = answerOf('202 Accepted', [])
const idIn = ({ body }: Heard): number => (JSON.parse(body) as { id: number }).id

/** Writes again and again until it is cut off. */
function writeOn(socket: Socket, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), 1)
  socket.once('close', () => clearInterval(timer))
}

/** Begins a session as it should; what comes then is the test's. */
function well(then: Answer): Answer {
  return (socket, heard) => {
    if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
    else if (heard.body.includes('"method":"tools/')) then(socket, heard)
    else if (heard.line.startsWith('GET')) {
      socket.write(answerOf('405 Method Not Allowed', []))
    } else socket.write(ACCEPTED)
  }
}

const hung = Promise.withResolvers<void>()
let cuts = 0
let isBegun = false
const UNREACHED = 'the remote server cannot be reached'

const misbehaving: Record<string, { answer: Answer; more?: object }> = {
  shut: { answer: (socket) => void socket.write(always['bare401'] ?? '') },
  hangs: { answer: well((socket) => socket.once('close', hung.resolve)), more: { callTimeout: 1 } },
  huge: {
    answer: well((socket, { body }) => {
      const isCall = body.includes('"tools/call"')
      const type = isCall ? JSON_HEADER : EVENTS
      socket.write(`HTTP/1.1 200 OK\r\n${type}\r\ntransfer-encoding: chunked\r\n\r\n`)
      const piece = `${isCall ? '' : 'data: '}${'x'.repeat(4096)}`
      writeOn(socket, `${piece.length.toString(16)}\r\n${piece}\r\n`)
    }),
    more: { messageBytes: 65_536 },
  },
  headers: {
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      writeOn(socket, `x-a: ${'x'.repeat(1000)}\r\n`)
    },
  },
  cuts: {
    answer: well((socket, heard) => {
      cuts += 1
      const result = { jsonrpc: '2.0', id: idIn(heard), result: { tools: [] } }
      if (cuts === 1) socket.end(`HTTP/1.1 200 OK\r\n${EVENTS}\r\n\r\n: x\n\n`)
      else if (cuts === 2) {
        socket.end(`HTTP/1.1 200 OK\r\n${JSON_HEADER}\r\ncontent-length: 99\r\n\r\n{`)
      } else socket.write(answerOf('200 OK', [JSON_HEADER], JSON.stringify(result)))
    }),
  },
  confused: {
    answer: well((socket, heard) => {
      const id = idIn(heard)
      const one = (n: number) =>
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: n, result: { n } })}\n\n`
      const body = [one(id + 1000), one(id), one(id), one(id + 1)].join('')
      socket.write(answerOf('200 OK', [EVENTS], body))
    }),
  },
  endpoint: {
    answer: (socket) => {
      const event = 'event: endpoint\ndata: http://169.254.169.254/messages\n\n'
      socket.write(`HTTP/1.1 200 OK\r\n${EVENTS}\r\n\r\n${event}`)
    },
    more: { type: 'sse' },
  },
  slash: {
    answer: (socket, heard) => {
      if (heard.line.endsWith('/mcp')) {
        socket.write(answerOf('307 Temporary Redirect', ['location: /mcp/']))
      } else if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
      else socket.write(ACCEPTED)
    },
    more: { headers: { 'x-api-key': 'k' } },
  },
  slow: {
    answer: (socket, heard) => {
      if (heard.body.includes('"initialize"')) socket.write(initialized(heard))
      else if (heard.body.includes('notifications/initialized')) {
        setTimeout(() => {
          isBegun = true
          socket.write(ACCEPTED)
        }, 500)
      } else if (heard.body.includes('"tools/list"')) {
        const result = { jsonrpc: '2.0', id: idIn(heard), result: { isBegun } }
        socket.write(answerOf('200 OK', [JSON_HEADER], JSON.stringify(result)))
      } else socket.write(answerOf('405 Method Not Allowed', []))
    },
  },
}

const headers = { authorization: 'Bearer ${secret.DOCS_TOKEN}' }
const servers = new Map<string, HostileRemote>()
const services: Record<string, object> = {}
for (const [name, bytes] of Object.entries(always)) {
  const server = await startHostile((socket) => void socket.write(bytes))
  servers.set(name, server)
  services[name] = { url: server.url, ...(name === 'keyed401' && { headers }) }
}
for (const [name, { answer, more }] of Object.entries(misbehaving)) {
  const server = await startHostile(answer)
  servers.set(name, server)
  services[name.toLowerCase()] = { url: server.url, ...more }
}
for (const name of ['nobody', 'absent']) {
  services[name] = { url: `http://127.0.0.1:${await freePort()}/mcp` }
}
const canary = 'the token of the operator'
const bridge = await startBridge({ services, environment: { DOCS_TOKEN: canary } })
test.after.always(async () => {
  await bridge.stop()
  await Promise.all([...servers.values()].map((one) => one.stop()))
})

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await sleep(50)
  t.true(holds(), what)
}

const heardBy = (name: string): readonly Heard[] => servers.get(name)?.heard ?? []

const refusalOf = async (service: string): Promise<[Response, RpcBody['error']]> => {
  const response = await send(bridge, service, initializeBody())
  return [response, (await json(response)).error]
}

const list = (service: string, session: string): Promise<RpcBody> =>
  json(send(bridge, service, rpc('tools/list'), { session }))

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
  switches: /cannot be reached/,
  nobody: /cannot be reached: it refuses connections/,
})) {
  test(`${service}: a clear error, and no session`, async (t) => {
    const [response, error] = await refusalOf(service)
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
  const [response] = await refusalOf('shut')
  t.is(response.status, 200)
  t.is(heardBy('shut').length, 1)
})

test('nothing that was brought along is in the log', async (t) => {
  await refusalOf('keyed401')
  t.false(JSON.stringify(bridge.log).includes(canary))
})

test('an answer that never comes is given up, and its connection with it', async (t) => {
  const { id } = await open(bridge, 'hangs')
  t.regex((await list('hangs', id)).error?.message ?? '', /was silent for 1 s/)
  await until(t, 'the server is told', () =>
    heardBy('hangs').some(({ body }) => body.includes('notifications/cancelled')),
  )
  await t.notThrowsAsync(hung.promise)
})

test('an answer that is larger than allowed is cut off, its call is told', async (t) => {
  const { id } = await open(bridge, 'huge')
  for (const body of [rpc('tools/call', { name: 'x' }), rpc('tools/list')]) {
    const answer = await json(send(bridge, 'huge', body, { session: id }))
    t.regex(answer.error?.message ?? '', /larger than the gateway passes on/)
  }
})

test('headers without an end are no answer', async (t) => {
  const [, error] = await refusalOf('headers')
  t.regex(error?.message ?? '', /the headers of its answer are too large/)
})

test('an answer that is cut in the middle is an error; the next call works', async (t) => {
  const { id } = await open(bridge, 'cuts')
  t.regex((await list('cuts', id)).error?.message ?? '', /cut its answer off/)
  t.regex((await list('cuts', id)).error?.message ?? '', /cut its answer off/)
  t.deepEqual((await list('cuts', id)).result, { tools: [] })
})

test('an answer to what was not asked, or a second one, reaches nobody', async (t) => {
  const { id } = await open(bridge, 'confused')
  const found: number[] = []
  for (let n = 0; n < 3; n += 1) found.push(Number((await list('confused', id)).result?.['n']))
  const [first = 0] = found
  t.deepEqual(found, [first, first + 1, first + 2])
})

test('a server that nobody reaches is left alone for a while', async (t) => {
  const statuses: number[] = []
  for (let n = 0; n < 5; n += 1) {
    const [response] = await refusalOf('absent')
    statuses.push(response.status)
    if (response.status === 503) t.regex(response.headers.get('retry-after') ?? '', /^\d+$/)
  }
  t.deepEqual(statuses.slice(0, 3), [200, 200, 200])
  t.true(statuses.includes(503))
  const line = bridge.log.find(({ service, msg }) => service === 'absent' && msg === UNREACHED)
  t.is(line?.['level'], 'warn')
})

test('a stream of 2024-11-05 cannot lead to another origin', async (t) => {
  const [, error] = await refusalOf('endpoint')
  t.regex(error?.message ?? '', /names an address of another origin/)
  await until(t, 'the stream is left', () => servers.get('endpoint')?.open() === 0)
})

test('a redirect within the origin is followed, with everything that was brought along', async (t) => {
  t.truthy((await open(bridge, 'slash')).id)
  t.true(heardBy('slash').every(({ head }) => /x-api-key: k/i.test(head)))
  t.true(heardBy('slash').some(({ line }) => line === 'POST /mcp/'))
})

test('nothing overtakes notifications/initialized', async (t) => {
  const { id } = await open(bridge, 'slow')
  t.deepEqual((await list('slow', id)).result, { isBegun: true })
})

test('who ends the bridge waits for no server', async (t) => {
  const silent = await startHostile(well(() => {}))
  const own = await startBridge({ services: { far: { url: silent.url } } })
  t.teardown(async () => {
    await own.stop()
    await silent.stop()
  })
  const { id } = await open(own, 'far')
  const calling = send(own, 'far', rpc('tools/list'), { session: id }).catch(() => undefined)
  t.is(await own.end('SIGTERM'), 0)
  await calling
})
