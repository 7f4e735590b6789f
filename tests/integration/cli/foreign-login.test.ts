/** A login at servers that are not ours: another's authorization server, and one that lies. */

import test, { type ExecutionContext } from 'ava'
import { createCommandLine } from '../../support/command-line.ts'
import { freePort } from '../../support/free-port.ts'
import { type OidcUpstream, startOidcUpstream } from '../../support/oidc-upstream.ts'
import { serveEverything, serveHttp } from '../../support/remote-servers.ts'

const AUTHORIZE = /https?:\S+\/auth\?\S+/

/** A resource that names an authorization server, and lets nobody in. */
async function serveProtected(t: ExecutionContext, issuer: string) {
  const server = await serveHttp((request, response) => {
    const origin = `http://${request.headers.host}`
    if (request.url?.startsWith('/.well-known/oauth-protected-resource') === true) {
      const document = { resource: `${origin}/mcp`, authorization_servers: [issuer] }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ ...document, scopes_supported: ['openid', 'profile'] }))
      return
    }
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
    response.setHeader('www-authenticate', `Bearer resource_metadata="${metadata}"`)
    response.writeHead(401).end()
  })
  t.teardown(() => server.stop())
  return server
}

/** Tokens for the resource that is asked for (RFC 8707), and an end of them (RFC 7009). */
const SETTINGS = {
  features: {
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'openid profile', accessTokenFormat: 'jwt' }),
    },
  },
}

async function makeWorld(t: ExecutionContext) {
  const port = await freePort()
  const redirectUris = [`http://127.0.0.1:${port}/callback`]
  const upstream: OidcUpstream = await startOidcUpstream({ redirectUris, settings: SETTINGS })
  const server = await serveProtected(t, upstream.issuer)
  const line = createCommandLine()
  t.teardown(async () => {
    line.remove()
    await upstream.stop()
  })
  return { port, upstream, server, line }
}

test.serial(
  'an OpenID provider as it comes, with a client that was registered there by hand',
  async (t) => {
    const { port, upstream, server, line } = await makeWorld(t)
    const { clientId, clientSecret } = upstream
    const login = line.start(
      ['login', server.url, '--no-browser', '--client-id', clientId, '--callback-port', `${port}`],
      { env: { MCP_CLIENT_SECRET: clientSecret } },
    )
    const [url] = await login.sees(AUTHORIZE)
    const back = await upstream.logIn(url, 'alice')
    // A stranger's answer, or a curious web page's, is none.
    t.is((await fetch(`http://127.0.0.1:${port}/callback?code=stolen&state=x`)).status, 404)
    t.is((await fetch(back)).status, 200)
    const { exitCode, stderr } = await login.finished
    t.is(exitCode, 0, stderr)
    t.is((await line.run(['token', server.url])).exitCode, 0)
    t.like(await line.json(['logout', server.url]), { was_logged_in: true })
  },
)

test.serial(
  'whoever says no is told so, and a provider that registers nobody is told with what to do',
  async (t) => {
    const { port, upstream, server, line } = await makeWorld(t)
    const client = ['--client-id', upstream.clientId, '--callback-port', `${port}`]
    const login = line.start(['login', server.url, '--no-browser', ...client])
    const [url] = await login.sees(AUTHORIZE)
    await fetch(await upstream.cancel(url))
    const denied = await login.finished
    t.is(denied.exitCode, 1)
    t.regex(denied.stderr, /did not let you in: access_denied/)
    const unknown = await line.run(['login', server.url, '--no-browser'])
    t.is(unknown.exitCode, 1)
    t.regex(unknown.stderr, /registers no clients by itself\.\n→ .*--client-id/)
  },
)

test('an answer in the name of another server is refused before it is read (RFC 9207)', async (t) => {
  const { port, upstream, server, line } = await makeWorld(t)
  const client = ['--client-id', upstream.clientId, '--callback-port', `${port}`]
  const login = line.start(['login', server.url, '--no-browser', ...client])
  const [url] = await login.sees(AUTHORIZE)
  const back = await upstream.logIn(url, 'alice')
  back.searchParams.set('iss', 'https://evil.example')
  back.searchParams.set('error_description', 'call this number')
  await fetch(back)
  const { exitCode, stderr } = await login.finished
  t.is(exitCode, 1)
  t.regex(stderr, /The answer is not from http/)
  t.notRegex(stderr, /evil|call this number/)
})

test('no token is asked for in the name of another resource', async (t) => {
  const server = await serveHttp((_, response) => {
    response.setHeader('content-type', 'application/json')
    const document = {
      resource: 'https://other.example/mcp',
      authorization_servers: ['https://a.example'],
    }
    response.writeHead(_.url?.startsWith('/.well-known/') === true ? 200 : 401)
    response.end(JSON.stringify(document))
  })
  const line = createCommandLine()
  t.teardown(async () => {
    line.remove()
    await server.stop()
  })
  const { exitCode, stderr } = await line.run(['login', server.url])
  t.is(exitCode, 1)
  t.regex(
    stderr,
    /calls itself https:\/\/other\.example\/mcp: no token is asked for in another's name/,
  )
})

test('a server without a login needs none', async (t) => {
  const server = await serveEverything('streamableHttp')
  const line = createCommandLine()
  t.teardown(async () => {
    line.remove()
    await server.stop()
  })
  t.deepEqual(await line.json(['login', server.url]), { url: server.url, login: 'none' })
  t.like(await line.json(['whoami', server.url]), {
    login: null,
    server: { protocol: '2025-11-25' },
  })
  const sum = await line.run(['call', server.url, 'get-sum', 'a=1', 'b=2.5'])
  t.regex(sum.stdout, /3\.5/)
  const listed = await line.run(['resources', 'list', server.url])
  t.regex(listed.stdout, /^URI +NAME +WHAT IT IS\n/)
})
