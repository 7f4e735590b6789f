import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startEdge } from '../support/edge.ts'
import { until } from '../support/gateway-process.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import { requestText, sendBytes } from '../support/raw-socket.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
const token = await edge.mint()
test.after.always(() => edge.stop())

const { port, issuer } = edge
const HOST = `localhost:${port}`
const BEARER = ['Authorization', `Bearer ${token}`]
const LOGGED_MS_MAX = 10_000
const PAGE = 'http://localhost:6274'
const BROWSER = ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8']

function isReadableBy(t: ExecutionContext, { headers }: RawAnswer, origin: string): void {
  t.is(headers['access-control-allow-origin'], origin)
  t.is(headers['access-control-allow-credentials'], undefined)
}

verifiesAlone('edge-log-without-secrets', async (t) => {
  const canaries = ['cookie', 'query', 'code', 'password', 'origin', 'agent', 'referrer', 'session']
  const named = Object.fromEntries(canaries.map((name) => [name, `canary-${name}-0123456789`]))
  const headers = [
    ...['Cookie', `a=${named['cookie']}`, 'User-Agent', `${named['agent']}`],
    ...['Referer', `https://x.example/?${named['referrer']}`],
    ...['Mcp-Session-Id', `${named['session']}`],
  ]
  const query = `?access_token=${named['query']}&code=${named['code']}`
  const before = edge.accessLog().length
  await rawRequest({ port, path: `/echo/mcp${query}`, headers: [...headers, ...BEARER] })
  await rawRequest({ port, path: `/echo/mcp${query}`, headers })
  const origin = ['Origin', `https://${named['origin']}.example`]
  await rawRequest({ port, path: `/echo/mcp${query}`, headers: [...origin, ...BEARER] })
  const basic = ['Authorization', `Basic ${named['password']}`]
  await rawRequest({ port, path: `/token${query}`, headers: [...headers, ...basic], body: 'x=1' })
  await rawRequest({ port, method: 'GET', path: `/callback/github${query}`, headers })
  await rawRequest({
    port,
    path: `/nowhere${query}`,
    headers: [...headers, 'Host', 'evil.example'],
  })
  await sendBytes(port, requestText(`GET /echo/mcp%00${query} HTTP/1.1`, `Host: ${HOST}`))
  const lines = () => edge.accessLog().slice(before).trim().split('\n').length
  await until(() => lines() >= 7, LOGGED_MS_MAX)
  const log = edge.accessLog()
  for (const path of ['/echo/mcp', '/token', '/callback/github', '/nowhere']) {
    t.true(log.includes(`"path":"${path}"`), path)
  }
  t.regex(log, /"decision":"allow"[^\n]*"service":"echo"[^\n]*"user":"dev:alice"/)
  t.regex(log, /"decision":"deny"[^\n]*"reason":"no_token"[^\n]*"status":401/)
  t.notRegex(log, /canary/)
  for (const part of token.split('.')) t.false(log.includes(part))
})

verifiesAlone('edge-errors-say-little', async (t) => {
  const line = (...lines: string[]) => sendBytes(port, requestText(...lines, `Host: ${HOST}`))
  const rows: [number, string, () => Promise<{ status: number; text: string }>][] = [
    [400, 'invalid_request', () => line('GET /echo%2fmcp HTTP/1.1')],
    [400, 'invalid_request', () => line('POST /token HTTP/1.1', 'X_A: b')],
    [426, 'invalid_request', () => line('GET /jwks HTTP/1.0')],
    [431, 'invalid_request', () => line('GET /jwks HTTP/1.1', `X-A: ${'b'.repeat(40_000)}`)],
    [403, 'forbidden', () => line('GET /jwks HTTP/1.1', 'Connection: upgrade', 'Upgrade: x')],
    [
      501,
      'invalid_request',
      () => line('POST /token HTTP/1.1', 'Transfer-Encoding: gzip, chunked'),
    ],
    [403, 'forbidden', () => line(`GET https://${HOST}/jwks HTTP/1.1`)],
    [404, 'not_found', () => line('OPTIONS * HTTP/1.1')],
    [404, 'not_found', () => line(`CONNECT ${HOST} HTTP/1.1`)],
    [
      413,
      'invalid_request',
      async () => {
        const { status, body } = await rawRequest({
          port,
          path: '/token',
          body: 'x'.repeat(200_000),
        })
        return { status, text: `\r\n\r\n${body}` }
      },
    ],
  ]
  for (const [wanted, error, ask] of rows) {
    const { status, text } = await ask()
    t.is(status, wanted)
    const body = JSON.parse(text.split('\r\n\r\n')[1] ?? '') as Record<string, unknown>
    t.is(body['error'], error)
    t.deepEqual(Object.keys(body).sort(), ['error', 'error_description'])
    t.notRegex(text, /^server:|envoy|upstream|reset/im)
  }
})

verifiesAlone('edge-pages-for-people', async (t) => {
  const open = (path: string, headers: string[] = []) =>
    rawRequest({ port, method: 'GET', path, headers: [...BROWSER, ...headers] })
  const isPage = ({ status, headers, body }: RawAnswer, wanted: number): void => {
    t.is(status, wanted)
    t.is(headers['content-type'], 'text/html; charset=utf-8')
    t.regex(String(headers['content-security-policy']), /default-src 'none'/)
    t.is(headers['x-frame-options'], 'DENY')
    t.is(headers['cache-control'], 'no-store')
    t.notRegex(body, /<script|\{"/)
    t.true(body.includes(`href="${issuer}/"`), 'it says where to go')
  }
  isPage(await open('/echo/mcp', ['Host', 'evil.example']), 421)
  isPage(await open('/authorize%2f'), 400)
  const endpoint = await open('/echo/mcp')
  isPage(endpoint, 401)
  t.regex(String(endpoint.headers['www-authenticate']), /^Bearer resource_metadata="/)

  for (const accept of ['application/json, text/event-stream', 'text/event-stream', '*/*']) {
    const { body } = await rawRequest({
      ...{ port, method: 'GET', path: '/echo/mcp' },
      headers: ['Accept', accept],
    })
    t.is((JSON.parse(body) as { error: string }).error, 'unauthorized', accept)
  }
  const posted = await rawRequest({ port, path: '/echo/mcp', headers: BROWSER })
  t.is(posted.headers['content-type'], 'application/json')
})

verifiesAlone('edge-cors-on-refusals', async (t) => {
  const ask = (origin: string, ...headers: string[]) =>
    rawRequest({ port, path: '/echo/mcp', headers: ['Origin', origin, ...headers] })
  const small = await edge.mint({ scope: 'openid' })
  const unauthorized = await ask(PAGE)
  t.is(unauthorized.status, 401)
  const forbidden = await ask(PAGE, 'Authorization', `Bearer ${small}`)
  t.is(forbidden.status, 403)
  for (const answer of [unauthorized, forbidden]) {
    isReadableBy(t, answer, PAGE)
    const exposed = String(answer.headers['access-control-expose-headers'])
    t.true(exposed.includes('WWW-Authenticate') && exposed.includes('Mcp-Session-Id'))
  }
  for (const origin of ['https://evil.example', 'null', `${PAGE}.evil.example`]) {
    const { status, headers } = await ask(origin, ...BEARER)
    t.is(status, 403, origin)
    t.is(headers['access-control-allow-origin'], undefined, origin)
  }
  const large = await rawRequest({
    ...{ port, path: '/token', body: 'x'.repeat(200_000) },
    headers: ['Origin', 'https://any.example'],
  })
  t.is(large.status, 413)
  isReadableBy(t, large, '*')
  const closed = await rawRequest({ port, path: '/consent', body: 'x'.repeat(200_000) })
  t.is(closed.status, 413)
  t.is(closed.headers['access-control-allow-origin'], undefined, 'a cookie protects it')

  // Last: nothing is decided after it.
  edge.extAuthz.kill('SIGKILL')
  await sleep(50)
  const away = await ask(PAGE, ...BEARER)
  t.is(away.status, 503)
  t.truthy(away.headers['retry-after'])
  isReadableBy(t, away, PAGE)
  const foreign = await ask('https://evil.example', ...BEARER)
  t.is(foreign.status, 503)
  t.is(foreign.headers['access-control-allow-origin'], undefined)
})
