import test from 'ava'
import { EDGE_SECRET, startEdge } from '../support/edge.ts'
import { rawRequest } from '../support/raw-request.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
test.after.always(() => edge.stop())

async function call(
  claims: Record<string, unknown>,
  headers: readonly string[],
  path = '/echo/mcp',
) {
  const token = await edge.mint(claims)
  const before = edge.reached.length
  const answer = await rawRequest({
    port: edge.port,
    path,
    headers: ['Authorization', `Bearer ${token}`, ...headers],
  })
  return { answer, token, seen: edge.reached.slice(before).at(-1) }
}

/** Every value of a header as the upstream received it. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
}

verifiesAlone('identity-never-forged', async (t) => {
  const forged = [
    ...['X-User-Id', 'admin', 'x-user-id', 'root', 'X-USER-ID', 'a,b', 'X-User-Name', 'root'],
    ...['X-Auth-Scopes', 'everything', 'X-Auth-Client', 'other', 'X-Auth-Whatever', 'x'],
    ...['X-User-Email', 'a@b', 'X-Gateway-Edge', 'guessed', 'Connection', 'x-user-id'],
  ]
  const { answer, seen } = await call({ sub: 'dev:alice' }, forged)
  t.is(answer.status, 200)
  const raw = seen?.rawHeaders ?? []
  t.deepEqual(valuesOf(raw, 'x-user-id'), ['dev:alice'])
  t.deepEqual(valuesOf(raw, 'x-user-name'), ['alice'])
  t.deepEqual(valuesOf(raw, 'x-auth-client'), ['client-1'])
  t.deepEqual(valuesOf(raw, 'x-auth-scopes'), ['mcp'])
  t.deepEqual(valuesOf(raw, 'x-auth-whatever'), [])
  t.deepEqual(valuesOf(raw, 'x-user-email'), [])
  t.deepEqual(valuesOf(raw, 'x-gateway-edge'), [EDGE_SECRET])
})

verifiesAlone('identity-none-left-over', async (t) => {
  const { answer, seen } = await call({ preferred_username: '' }, ['X-User-Name', 'forged'])
  t.is(answer.status, 200)
  t.deepEqual(valuesOf(seen?.rawHeaders ?? [], 'x-user-id'), ['dev:alice'])
  t.deepEqual(valuesOf(seen?.rawHeaders ?? [], 'x-user-name'), [])
})

verifiesAlone('identity-never-on-public-routes', async (t) => {
  await rawRequest({
    port: edge.port,
    path: '/token',
    headers: ['X-User-Id', 'admin', 'X-Auth-Grant', 'x', 'X-Gateway-Edge', 'x'],
  })
  const seen = edge.reached.at(-1)
  t.is(seen?.url, '/token')
  for (const name of ['x-user-id', 'x-auth-grant', 'x-gateway-edge']) {
    t.deepEqual(valuesOf(seen?.rawHeaders ?? [], name), [], name)
  }
})

verifiesAlone('identity-underscore-alias', async (t) => {
  const before = edge.reached.length
  for (const name of ['X_User_Id', 'X-User_Id', 'x_user-id']) {
    t.is((await call({}, [name, 'admin'])).answer.status, 400, name)
  }
  t.is(edge.reached.length, before)
})

verifiesAlone('identity-percent-encoded', async (t) => {
  const name = 'Zoë 100%\n☃'
  const { answer, seen } = await call({ preferred_username: name }, [])
  t.is(answer.status, 200)
  const received = seen?.headers['x-user-name']
  t.regex(String(received), /^[\x21-\x7e]+$/)
  t.is(decodeURIComponent(String(received)), name)
})

verifiesAlone('no-token-passthrough', async (t) => {
  const { answer, token, seen } = await call({}, [
    'Cookie',
    'session=1',
    'Proxy-Authorization',
    'Basic eA==',
  ])
  t.is(answer.status, 200)
  const raw = seen?.rawHeaders ?? []
  t.deepEqual(valuesOf(raw, 'x-user-id'), ['dev:alice'])
  for (const name of ['authorization', 'cookie', 'proxy-authorization']) {
    t.deepEqual(valuesOf(raw, name), [], name)
  }
  t.false(raw.some((text) => text.includes(token)))
})
