import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { form, sendOverNetwork as send } from '../support/http.ts'
import { createOAuthClient, REDIRECT_URI } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { rawRequest } from '../support/raw-request.ts'
import { verifies } from '../support/verifies.ts'

const [gateway, hosts] = await Promise.all([
  startGateway(),
  startGateway({ environment: { BASE_DOMAIN: 'gateway.localhost' } }),
])
const { port, url: issuer } = gateway
const client = createOAuthClient(send, issuer)
const { client_id: ID } = await client.register()
test.after.always(() => Promise.all([gateway.remove(), hosts.remove()]))

const ECHO = { resource: `${issuer}/echo/mcp` }
const BROWSER = ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8']

verifies('edge-preflights', async (t) => {
  const page = 'http://localhost:6274'
  const preflight = (path: string, method: string) =>
    rawRequest({
      ...{ port, method: 'OPTIONS', path },
      headers: [
        ...['Origin', page, 'Access-Control-Request-Method', method],
        ...['Access-Control-Request-Headers', 'authorization,mcp-protocol-version'],
      ],
    })
  const rows: [string, string][] = [
    ['/echo/mcp', 'POST'],
    ['/echo/mcp', 'DELETE'],
    ['/token', 'POST'],
    ['/register', 'POST'],
    ['/revoke', 'POST'],
    ['/.well-known/oauth-protected-resource/echo/mcp', 'GET'],
    ['/.well-known/oauth-authorization-server', 'GET'],
    ['/.well-known/openid-configuration', 'GET'],
  ]
  for (const [path, method] of rows) {
    const { status, headers } = await preflight(path, method)
    t.is(status, 204, path)
    t.true([page, '*'].includes(String(headers['access-control-allow-origin'])), path)
    t.is(headers['access-control-allow-credentials'], undefined, path)
    t.true(String(headers['access-control-allow-methods']).split(', ').includes(method), path)
    const allowed = String(headers['access-control-allow-headers']).split(', ')
    for (const name of [
      ...['authorization', 'content-type', 'mcp-protocol-version', 'mcp-session-id'],
      ...['mcp-method', 'mcp-name', 'last-event-id'],
    ]) {
      t.true(allowed.includes(name), `${path} ${name}`)
    }
    const exposed = String(headers['access-control-expose-headers']).split(', ')
    for (const name of ['WWW-Authenticate', 'Mcp-Session-Id']) {
      t.true(exposed.includes(name), `${path} ${name}`)
    }
  }
  for (const path of [
    '/authorize',
    '/consent',
    '/callback',
    '/callback/dev',
    '/login',
    '/account',
  ]) {
    for (const method of ['GET', 'OPTIONS']) {
      const headers = ['Origin', page, 'Access-Control-Request-Method', 'GET']
      const answer = await rawRequest({ port, method, path, headers })
      t.is(answer.headers['access-control-allow-origin'], undefined, `${method} ${path}`)
    }
  }
})

verifies('edge-nested-json', async (t) => {
  const deep = '['.repeat(100_000)
  const objects = '{"a":'.repeat(50_000)
  const person = createPerson(send)
  const begun = client.begin(ID, ECHO)
  const page = await person.open(begun.url)
  const answer = await person.submit(page, { username: 'alice' })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const { access_token } = (
    await client.token({
      ...{ grant_type: 'authorization_code', client_id: ID },
      ...{ code, code_verifier: begun.verifier, redirect_uri: REDIRECT_URI },
    })
  ).json()
  const type = ['Content-Type', 'application/json', 'Accept', 'application/json, text/event-stream']
  for (const body of [deep, objects, `${deep}${']'.repeat(100_000)}`]) {
    const bearer = ['Authorization', `Bearer ${access_token}`]
    const called = await rawRequest({
      port,
      path: '/echo/mcp',
      headers: [...type, ...bearer],
      body,
    })
    t.is(called.status, 400)
    const registered = await rawRequest({ port, path: '/register', headers: type, body })
    t.true([400, 413].includes(registered.status), String(registered.status))
  }
  t.is((await send({ url: `${issuer}/healthz` })).status, 200)
  t.is((await send({ url: ECHO.resource, ...form({}) })).status, 401)
})

verifies('edge-nothing-reflected', async (t) => {
  for (const path of [
    '/.well-known/oauth-protected-resource/https://evil.example',
    '/.well-known/oauth-protected-resource//evil.example/mcp',
    '/.well-known/oauth-protected-resource/evil.example',
    '/.well-known/oauth-protected-resource/echo/mcp/evil.example',
    '/.well-known/oauth-authorization-server/evil.example',
    '/.well-known/openid-configuration/evil.example',
    '/evil.example/.well-known/openid-configuration',
  ]) {
    const { status, body, headers } = await rawRequest({ port, method: 'GET', path })
    t.is(status, 404, path)
    t.notRegex(body + JSON.stringify(headers), /evil/, path)
  }
  const { body } = await rawRequest({
    ...{
      port,
      method: 'GET',
      path: '/.well-known/oauth-protected-resource/echo/mcp?resource=evil',
    },
    headers: ['X-Forwarded-Host', 'evil.example', 'X-Forwarded-Proto', 'https'],
  })
  t.notRegex(body, /evil|https:/)
})

verifies('edge-pages-on-service-hosts', async (t) => {
  const open = (host: string, path: string, headers: readonly string[] = BROWSER) =>
    rawRequest({
      ...{ port: hosts.port, method: 'GET', path },
      headers: ['Host', `${host}.gateway.localhost:${hosts.port}`, ...headers],
    })
  const start = await open('echo', '/')
  t.is(start.status, 303)
  t.is(start.headers.location, `${hosts.url}/`, 'the start page is the issuer’s')
  t.is((await open('echo', '/login')).headers.location, `${hosts.url}/login`)

  const lost = await open('echo', '/no/such/thing')
  t.is(lost.status, 404)
  t.is(lost.headers['content-type'], 'text/html; charset=utf-8')
  const style = /href="(\/assets\/[^"]+\.css[^"]*)"/.exec(lost.body)?.[1] ?? ''
  t.is((await open('echo', style, ['Accept', 'text/css'])).status, 200, 'with its style')

  const program = await open('echo', '/no/such/thing', ['Accept', 'application/json'])
  t.is(program.status, 404)
  t.is((JSON.parse(program.body) as { error: string }).error, 'not_found')
  t.is((await open('echo', '/mcp')).status, 401)
  t.is((await open('nobody', '/')).status, 421)
})
