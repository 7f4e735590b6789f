import test, { type ExecutionContext } from 'ava'
import { startEdge } from '../support/edge.ts'
import { askByFrames, type Header } from '../support/http2-frames.ts'
import { rawRequest } from '../support/raw-request.ts'
import { requestText, sendBytes } from '../support/raw-socket.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge({ RATE_LIMIT_FACTOR: '0' })
const { port } = edge
const HOST = `localhost:${port}`
const forMemory = await edge.mint({ aud: edge.resourceOf('memory') })
const forEcho = await edge.mint()
test.after.always(() => edge.stop())

/** What reached a service while `body` ran. */
async function reachedServices(body: () => Promise<unknown>): Promise<string[]> {
  const before = edge.reached.length
  await body()
  const services = edge.reached.slice(before).filter(({ upstream }) => upstream === 'bridge')
  return services.map(({ url }) => url)
}

function bearer(token: string | undefined): Header[] {
  return token === undefined ? [] : [['authorization', `Bearer ${token}`]]
}

function asLines(headers: readonly Header[]): string[] {
  return headers.map(([name, value]) => `${name}: ${value}`)
}

const PATHS = [
  '/public/..;/echo/mcp',
  '/.well-known/..;foo/../echo/mcp',
  '/.well-known/..;/echo/mcp',
  '/..;/echo/mcp',
  '/echo/..;/echo/mcp',
  '//echo/mcp',
  '///echo///mcp',
  '/echo//mcp',
  '//evil.example/echo/mcp',
  '/./echo/./mcp',
  '/assets/../echo/mcp',
  '/assets/%2e%2e/echo/mcp',
  '/assets/.%2e/echo/mcp',
  '/assets/%252e%252e/echo/mcp',
  '/echo%2fmcp',
  '/echo%2Fmcp',
  '/echo%5cmcp',
  '/echo\\mcp',
  '\\echo\\mcp',
  '/echo/mcp%00',
  '/echo/mcp%0a',
  '/echo/mcp%20',
  '/%c0%aeecho/mcp',
  '/assets/%c0%ae%c0%ae/echo/mcp',
  '/assets/%u002e%u002e/echo/mcp',
  '/echo/mcp#/.well-known/x',
  '/.well-known/x#/../../echo/mcp',
  '/echo/mcp;x=1',
  '/echo;x=1/mcp',
  '/echo/mcp/',
  '/echo/mcp/..',
  '/ECHO/MCP',
  '/e%63ho/mcp',
  '/echo/mc%70',
  '/memory/mcp/../../echo/mcp',
  '/memory/mcp/..%2f..%2fecho/mcp',
  '/memory/..;/echo/mcp',
  '/token?/../echo/mcp',
  '/token/../echo/mcp',
  '/authorize%3f/../echo/mcp',
  'echo/mcp',
  '*',
  '',
  `http://${HOST}/echo/mcp`,
  `http://evil@${HOST}/echo/mcp`,
]

/** Not ours to refuse in one way only: some are nothing, some are a page or a document for everybody. */
const HARMLESS = [200, 307, 400, 401, 404, 421]

verifiesAlone('edge-paths', async (t) => {
  for (const token of [undefined, forMemory]) {
    const reached = await reachedServices(() =>
      Promise.all(
        PATHS.flatMap((path) => [askOverHttp1(t, path, token), askOverHttp2(t, path, token)]),
      ),
    )
    t.deepEqual(reached, [])
  }
  const query = '/echo/mcp?/.well-known/x'
  t.deepEqual(await reachedServices(() => askOverHttp2(t, query, forEcho)), [query])
})

async function askOverHttp1(t: ExecutionContext, path: string, token?: string): Promise<void> {
  const name = `HTTP/1.1 ${path}`
  for (const method of ['GET', 'POST']) {
    const lines = [`${method} ${path} HTTP/1.1`, `Host: ${HOST}`, 'Connection: close']
    const reply = await sendBytes(port, requestText(...lines, ...asLines(bearer(token))))
    t.true(HARMLESS.includes(reply.status), `${name}: ${reply.status}`)
    t.false(reply.text.includes('"bridge"'), name)
  }
}

async function askOverHttp2(t: ExecutionContext, path: string, token?: string): Promise<void> {
  const answer = await askByFrames(port, [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', HOST],
    [':path', path],
    ...bearer(token),
  ])
  const isHarmless = typeof answer === 'string' || HARMLESS.includes(answer)
  t.true(isHarmless, `HTTP/2 ${path}: ${answer}`)
}

verifiesAlone('edge-hosts', async (t) => {
  const strangers = [
    'evil.example',
    `${HOST}.evil.example`,
    `localhost..:${port}`,
    `localhost:${port}:evil`,
    `localhost:evil`,
    `evil@${HOST}`,
    `${HOST}@evil.example`,
    `a:fake@${HOST}`,
    `evil/health?x=${HOST}`,
    `${HOST}/`,
    `${HOST}#`,
    `${HOST},${HOST}`,
    `[::1]:${port}`,
    '[::1',
    '',
    ' ',
  ]
  const ask = async (host: string): Promise<void> => {
    const lines = ['POST /echo/mcp HTTP/1.1', `Host: ${host}`, 'Connection: close']
    const http1 = await sendBytes(port, requestText(...lines, ...asLines(bearer(forEcho))))
    t.true([400, 421].includes(http1.status), `HTTP/1.1 ${host}: ${http1.status}`)
    const http2 = await askByFrames(port, [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', host],
      [':path', '/echo/mcp'],
      ...bearer(forEcho),
    ])
    t.true(typeof http2 === 'string' || [400, 421].includes(http2), `HTTP/2 ${host}: ${http2}`)
  }
  t.deepEqual(await reachedServices(() => Promise.all(strangers.map(ask))), [])

  const line = (...lines: string[]) =>
    sendBytes(port, requestText(...lines, 'Connection: close', ...asLines(bearer(forEcho))))
  const twice = () => line('POST /echo/mcp HTTP/1.1', `Host: ${HOST}`, 'Host: evil.example')
  const none = () => line('POST /echo/mcp HTTP/1.1')
  const absolute = () => line('POST http://evil.example/echo/mcp HTTP/1.1', `Host: ${HOST}`)
  for (const refused of [twice, none, absolute]) {
    t.deepEqual(
      await reachedServices(async () => t.true([400, 421].includes((await refused()).status))),
      [],
    )
  }
  for (const ours of [HOST, HOST.toUpperCase(), `localhost.:${port}`]) {
    const answer = await line('POST /echo/mcp HTTP/1.1', `Host: ${ours}`)
    t.is(answer.status, 200, ours)
    const seen = edge.reached.at(-1)?.headers.host
    t.is(seen?.toLowerCase(), HOST, 'the upstream reads the name as the edge did')
  }
})

verifiesAlone('edge-methods', async (t) => {
  const host = `Host: ${HOST}`
  const token = asLines(bearer(forEcho))
  const upgrade = (protocol: string): string[] => ['Connection: Upgrade', `Upgrade: ${protocol}`]
  const rows: [string, string[]][] = [
    ['CONNECT without a path', ['CONNECT echo/mcp HTTP/1.1', host, ...token]],
    ['CONNECT to ourselves', [`CONNECT ${HOST} HTTP/1.1`, host, ...token]],
    ['CONNECT elsewhere', ['CONNECT 127.0.0.1:22 HTTP/1.1', 'Host: 127.0.0.1:22', ...token]],
    ['OPTIONS of everything', ['OPTIONS * HTTP/1.1', host, ...token]],
    ['a method in small letters', ['post /echo/mcp HTTP/1.1', host, ...token]],
    ['a method that is none', ['BREW /echo/mcp HTTP/1.1', host, ...token]],
    ['HTTP/1.0', ['GET /echo/mcp HTTP/1.0', host, ...token]],
    ['HTTP/0.9', ['GET /echo/mcp']],
    ['a WebSocket', ['GET /echo/mcp HTTP/1.1', host, ...upgrade('websocket'), ...token]],
    ['another upgrade', ['POST /echo/mcp HTTP/1.1', host, ...upgrade('TLS/1.2'), ...token]],
    ['a public WebSocket', ['GET /jwks HTTP/1.1', host, ...upgrade('websocket')]],
  ]
  const ask = async ([name, lines]: [string, string[]]): Promise<void> => {
    const reply = await sendBytes(port, requestText(...lines))
    t.true(reply.status >= 400 && reply.status < 500, `${name}: ${reply.status}`)
    t.false(reply.text.includes('101 Switching'), name)
  }
  t.deepEqual(await reachedServices(() => Promise.all(rows.map(ask))), [])

  const withoutToken = async (method: string, ...headers: string[]) => {
    const path = '/echo/mcp'
    t.is((await rawRequest({ port, method, path, headers })).status, 401, `${method} ${headers}`)
  }
  t.deepEqual(
    await reachedServices(async () => {
      await withoutToken('TRACE')
      await withoutToken('OPTIONS')
      await withoutToken('PUT')
      await withoutToken('GET', 'X-HTTP-Method-Override', 'OPTIONS')
      // A client that would like HTTP/2 is served without (RFC 9110 section 7.8).
      await withoutToken('GET', 'Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c')
    }),
    [],
  )

  const extended = await askByFrames(port, [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'http'],
    [':authority', HOST],
    [':path', '/echo/mcp'],
    ...bearer(forEcho),
  ])
  t.true(typeof extended === 'string' || extended >= 400, `extended CONNECT: ${extended}`)
  const plain = await askByFrames(port, [
    [':method', 'CONNECT'],
    [':authority', HOST],
    ...bearer(forEcho),
  ])
  t.true(typeof plain === 'string' || plain >= 400, `CONNECT over HTTP/2: ${plain}`)
})

verifiesAlone('edge-admin-inside', async (t) => {
  const admin = ['/stats', '/metrics', '/stats/prometheus', '/config_dump', '/clusters', '/ready']
  const inside = [
    ...admin,
    '/quitquitquit',
    '/debug',
    '/healthcheck/fail',
    '/metrics/envoy',
    '/explain',
  ]
  for (const path of inside) {
    for (const host of [HOST, `127.0.0.1:${edge.adminPort}`, `127.0.0.1:${edge.metricsPort}`]) {
      const headers = ['Host', host]
      const { status, body } = await rawRequest({ port, method: 'GET', path, headers })
      t.is(status, host === HOST ? 404 : 421, `${host} ${path}`)
      t.notRegex(body, /envoy_|live|server_info/i)
    }
  }
})
