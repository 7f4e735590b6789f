import test from 'ava'
import { startOAuthServer } from '../../support/oauth-server.ts'

const server = await startOAuthServer()
const hosted = await startOAuthServer({
  environment: {
    BASE_DOMAIN: 'example.localhost',
    PUBLIC_URL: 'http://auth.example.localhost:8642',
  },
})
test.after.always(() => Promise.all([server.stop(), hosted.stop()]))
const { send, issuer } = server
const PRM = '/.well-known/oauth-protected-resource'

for (const path of [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  `${PRM}/echo/mcp`,
  '/jwks',
]) {
  test(`${path} is a public document that any page may read`, async (t) => {
    const { status, headers, text } = await send({ url: issuer + path })
    t.is(status, 200)
    t.regex(headers.get('content-type') ?? '', /^application\/json/)
    t.is(headers.get('access-control-allow-origin'), '*')
    t.is(headers.get('cache-control'), 'public, max-age=300')
    t.notRegex(text, /null|\[\]/)
    t.is((await send({ url: issuer + path, method: 'HEAD' })).status, 200)
  })
}

for (const path of ['/jwks', '/register', '/token', '/revoke', `${PRM}/echo/mcp`]) {
  test(`a preflight of ${path} allows what MCP clients send`, async (t) => {
    const { status, headers } = await send({
      url: issuer + path,
      method: 'OPTIONS',
      headers: { origin: 'https://page.example', 'access-control-request-method': 'POST' },
    })
    t.is(status, 204)
    t.is(headers.get('access-control-allow-origin'), '*')
    for (const name of ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-method']) {
      t.true(headers.get('access-control-allow-headers')?.includes(name))
    }
  })
}

test('each service has its document, and nothing else has one', async (t) => {
  const { text, ...found } = await send({ url: `${issuer}${PRM}/echo/mcp` })
  t.deepEqual(found.json(), {
    resource: `${issuer}/echo/mcp`,
    authorization_servers: [issuer],
    scopes_supported: ['mcp'],
    bearer_methods_supported: ['header'],
    resource_name: 'echo',
  })
  for (const path of ['', '/', '/echo', '/echo/mcp/', '/echo/mcp/x', '/nobody/mcp', '/Echo/mcp']) {
    t.is((await send({ url: issuer + PRM + path })).status, 404, path)
  }
})

test('in the host layout the Host header names the service, also at its root', async (t) => {
  const ask = (host: string, path: string) =>
    hosted.send({ url: `http://auth.example.localhost:8642${PRM}${path}`, headers: { host } })
  for (const path of ['', '/mcp']) {
    const found = (await ask('memory.example.localhost:8642', path)).json()
    t.is(found['resource'], 'http://memory.example.localhost:8642/mcp')
    t.deepEqual(found['authorization_servers'], ['http://auth.example.localhost:8642'])
  }
  for (const [host, path] of [
    ['auth.example.localhost:8642', ''],
    ['auth.example.localhost:8642', '/mcp'],
    ['nobody.example.localhost:8642', '/mcp'],
    ['memory.example.localhost', '/mcp'],
    ['memory.example.localhost:8642', '/memory/mcp'],
  ] as const) {
    t.is((await ask(host, path)).status, 404)
  }
})

test('a host is the same with the port of its scheme, and with no other', async (t) => {
  const secure = await startOAuthServer({
    environment: { BASE_DOMAIN: 'example.localhost', PUBLIC_URL: 'https://auth.example.localhost' },
  })
  const plain = await startOAuthServer({
    environment: { BASE_DOMAIN: 'example.localhost', PUBLIC_URL: 'http://auth.example.localhost' },
  })
  t.teardown(() => Promise.all([secure.stop(), plain.stop()]))
  for (const [server, own, other] of [
    [secure, 443, 80],
    [plain, 80, 443],
  ] as const) {
    const ask = async (path: string, host: string) =>
      (await server.send({ url: server.issuer + path, headers: { host } })).status
    t.is(await ask('/', `AUTH.example.localhost:${own}`), 200)
    t.is(await ask('/', `auth.example.localhost:${other}`), 303)
    for (const path of [PRM, `${PRM}/mcp`]) {
      t.is(await ask(path, `Echo.example.localhost:${own}`), 200)
      t.is(await ask(path, `echo.example.localhost:${other}`), 404)
      t.is(await ask(path, `echo.example.localhost:1${own}`), 404)
    }
  }
})

test('the issuer never comes from the Host header', async (t) => {
  const { json } = await send({
    url: `${issuer}/.well-known/oauth-authorization-server`,
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
  })
  t.is(json()['issuer'], issuer)
})

test('on a service host pages are sent on to the issuer', async (t) => {
  const { status, headers } = await hosted.send({
    url: 'http://memory.example.localhost:8642/login?state=a%20b',
  })
  t.is(status, 303)
  t.is(headers.get('location'), `${hosted.issuer}/login?state=a%20b`)
})

test('on a service host a request that names no resource is about that service', async (t) => {
  const ask = async (query: string, host = 'memory.example.localhost:8642') => {
    const asked = await hosted.send({ url: `http://${host}/authorize${query}` })
    t.is(asked.status, 303)
    const target = new URL(asked.headers.get('location') ?? '')
    t.is(target.origin + target.pathname, `${hosted.issuer}/authorize`)
    return [...target.searchParams]
  }
  const its = ['resource', 'http://memory.example.localhost:8642/mcp']
  t.deepEqual(await ask(''), [its])
  t.deepEqual(await ask('?client_id=x&state=a%20%26b'), [
    ['client_id', 'x'],
    ['state', 'a &b'],
    its,
  ])
  t.deepEqual(
    await ask('?resource=&client_id=x'),
    [its, ['client_id', 'x']],
    'an empty one is none',
  )
  for (const query of ['resource=http://other.example/mcp', 'request_uri=urn:x', 'x=%zz%ff']) {
    const said = [...new URLSearchParams(query)]
    t.deepEqual(await ask(`?${query}`), query.startsWith('x') ? [...said, its] : said)
  }
  t.deepEqual(await ask('?x=1', 'nobody.example.localhost:8642'), [['x', '1']])
})

test('unknown paths and wrong methods are told apart, in JSON', async (t) => {
  for (const path of ['/nothing', '/Token', '/token/', '//token', '/revoke/', '/Userinfo']) {
    const { status, headers, json } = await send({ url: issuer + path })
    t.is(status, 404, path)
    t.regex(headers.get('content-type') ?? '', /json/)
    t.is(json()['error'], 'invalid_request')
  }
  const rows = {
    '/token': 'POST, OPTIONS',
    '/register': 'POST, OPTIONS',
    '/revoke': 'POST, OPTIONS',
    '/introspect': 'POST',
    '/consent': 'POST',
    '/par': 'POST',
  }
  for (const [path, allow] of Object.entries(rows)) {
    const { status, headers } = await send({ url: issuer + path })
    t.is(status, 405)
    t.is(headers.get('allow'), allow)
  }
  t.is((await send({ url: `${issuer}/authorize`, method: 'POST' })).status, 405)
})

test('there is a page for people, and its style', async (t) => {
  const home = await send({ url: `${issuer}/` })
  t.true(home.text.includes(`${issuer}/filesystem/mcp`))
  const style = await send({ url: `${issuer}/assets/style.css` })
  t.regex(style.headers.get('content-type') ?? '', /^text\/css/)
})

test('each request has one line with its id and without its query', async (t) => {
  const url = `${issuer}/authorize?client_id=very-secret`
  await send({ url, headers: { 'x-request-id': 'r-1' } })
  await send({ url: `${issuer}/healthz` })
  const line = server.lines.find(
    (one) => one.includes('"request_id":"r-1"') && one.includes('"status"'),
  )
  t.like(JSON.parse(line ?? '{}'), { method: 'GET', path: '/authorize', status: 400 })
  t.false(server.lines.some((one) => one.includes('very-secret')))
})
