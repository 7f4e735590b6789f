import test from 'ava'
import { maySee } from '../../../../oauth-server/token/introspect.ts'

const CLAIMS = {
  iss: 'https://auth.example',
  sub: 'dev:a',
  aud: 'https://echo.example/mcp',
  client_id: 'app',
  scope: 'mcp',
  jti: 'j',
  iat: 1,
  exp: 2,
  auth_time: 1,
  grant_id: '1-g',
  preferred_username: 'a',
}
const GRANT = {
  id: '1-g',
  userId: 'dev:a',
  userName: 'a',
  clientId: 'app',
  resource: CLAIMS.aud,
  scopes: ['mcp'],
  authenticatedAt: 1,
}
const access = { kind: 'access', claims: CLAIMS } as const
const refresh = { kind: 'refresh', token: { grant: GRANT, ttlSeconds: 1 } } as const
const serviceOf = (resource: string) => (resource === CLAIMS.aud ? 'echo' : undefined)

const sees = test.macro({
  exec(t, client: Parameters<typeof maySee>[0], [ofAccess, ofRefresh]: [boolean, boolean]) {
    t.is(maySee(client, access, serviceOf), ofAccess)
    t.is(maySee(client, refresh, serviceOf), ofRefresh)
    const gone = {
      ...access,
      claims: { ...CLAIMS, client_id: 'other', aud: 'https://gone.example' },
    }
    t.false(maySee(client, gone, serviceOf), 'a service that there is no more is nobody’s')
  },
  title: (name = '') => `who sees a token: ${name}`,
})

test('its client', sees, { id: 'app', kind: 'registered' }, [true, true])
test('its client, known by a document', sees, { id: 'app', kind: 'document' }, [true, true])
test('another client', sees, { id: 'x', kind: 'registered' }, [false, false])
test('its service', sees, { id: 'x', kind: 'configured', services: ['echo'] }, [true, false])
test('another service', sees, { id: 'x', kind: 'configured', services: ['memory'] }, [false, false])
test('no service', sees, { id: 'x', kind: 'configured' }, [false, false])
test(
  'a client that calls itself a service',
  sees,
  { id: 'x', kind: 'registered', services: ['echo'] },
  [false, false],
)
