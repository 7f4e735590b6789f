import test from 'ava'
import { startEdge } from '../support/edge.ts'
import { rawRequest } from '../support/raw-request.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
const hosts = await startEdge({ BASE_DOMAIN: 'gateway.localhost' })
test.after.always(async () => {
  await edge.stop()
  await hosts.stop()
})

verifiesAlone('host-misdirected', async (t) => {
  const token = await edge.mint()
  for (const host of [
    'evil.example',
    'localhost',
    `127.0.0.1:${edge.port}`,
    `localhost.evil.example:${edge.port}`,
    `localhost:${edge.port + 1}`,
    `a.localhost:${edge.port}`,
  ]) {
    for (const path of [
      '/echo/mcp',
      '/authorize',
      '/.well-known/oauth-authorization-server',
      '/',
    ]) {
      const before = edge.reached.length
      const answer = await rawRequest({
        port: edge.port,
        path,
        headers: ['Host', host, 'Authorization', `Bearer ${token}`],
      })
      t.is(answer.status, 421, `${host} ${path}`)
      t.true(answer.body.includes(edge.issuer), 'the answer names the right address')
      t.is(edge.reached.length, before)
    }
  }
  const upperCase = await rawRequest({
    port: edge.port,
    path: '/echo/mcp',
    headers: ['Host', `LOCALHOST:${edge.port}`, 'Authorization', `Bearer ${token}`],
  })
  t.is(upperCase.status, 200, 'host names have no case')
})

verifiesAlone('path-tricks', async (t) => {
  const memory = await edge.mint({ aud: edge.resourceOf('memory') })
  for (const path of [
    '//echo/mcp',
    '/echo//mcp',
    '/./echo/mcp',
    '/register/../echo/mcp',
    '/.well-known/../echo/mcp',
    '/assets/..;/echo/mcp',
    '/assets/%2e%2e/echo/mcp',
    '/echo%2fmcp',
    '/echo%5cmcp',
    '/echo\\mcp',
    '/ECHO/mcp',
    '/echo/mcp/',
    '/echo/mcp/x',
    '/echo/mcp%00',
    '/echo/mcp;x=1',
    '/echo/mcp#/.well-known/x',
    '/memory/mcp/../../echo/mcp',
    `http://localhost:${edge.port}/echo/mcp`,
  ]) {
    for (const headers of [[], ['Authorization', `Bearer ${memory}`]]) {
      const before = edge.reached.length
      const answer = await rawRequest({ port: edge.port, path, headers })
      const passed = edge.reached.slice(before).filter(({ upstream }) => upstream === 'bridge')
      t.deepEqual(passed, [], `${path} must not reach a service`)
      const known = /%(?:2f|5c)/.test(path) ? [400] : [307, 400, 401, 404, 200]
      t.true(known.includes(answer.status), `${path}: ${answer.status}`)
    }
  }
})

verifiesAlone('paths-made-one', async (t) => {
  const headers = ['Authorization', `Bearer ${await edge.mint()}`]
  for (const path of [
    '//echo/mcp',
    '/echo//mcp',
    '/./echo/mcp',
    '/x/../echo/mcp',
    '/x/%2e%2e/echo/mcp',
  ]) {
    t.is((await rawRequest({ port: edge.port, path })).status, 401, path)
    t.is((await rawRequest({ port: edge.port, path, headers })).status, 200, path)
    t.is(edge.reached.at(-1)?.url, '/echo/mcp', 'the bridge reads what was decided about')
  }
})

verifiesAlone('layout-hosts', async (t) => {
  const { port } = hosts
  const ask = (host: string, path: string, token?: string) =>
    rawRequest({
      port,
      path,
      headers: [
        ...['Host', `${host}:${port}`],
        ...(token === undefined ? [] : ['Authorization', `Bearer ${token}`]),
      ],
    })
  const challenged = await ask('echo.gateway.localhost', '/mcp')
  t.is(challenged.status, 401)
  const metadata = `http://echo.gateway.localhost:${port}/.well-known/oauth-protected-resource/mcp`
  t.is(
    challenged.headers['www-authenticate'],
    `Bearer resource_metadata="${metadata}", scope="mcp"`,
  )

  const token = await hosts.mint({ aud: `http://echo.gateway.localhost:${port}/mcp` })
  t.is((await ask('echo.gateway.localhost', '/mcp', token)).status, 200)
  t.is(hosts.reached.at(-1)?.url, '/echo/mcp', 'the bridge sees one form of address')
  t.is((await ask('memory.gateway.localhost', '/mcp', token)).status, 401)
  t.is((await ask('auth.gateway.localhost', '/mcp', token)).status, 404)
  t.is((await ask('nobody.gateway.localhost', '/mcp', token)).status, 421)
  t.is((await ask('localhost', '/mcp', token)).status, 421)

  await ask('echo.gateway.localhost', '/.well-known/oauth-authorization-server')
  t.is(hosts.reached.at(-1)?.upstream, 'oauth')
  t.is((await ask('echo.gateway.localhost', '/authorize')).status, 404)
})
