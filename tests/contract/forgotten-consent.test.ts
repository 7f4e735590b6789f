/** Ending an access beside a client that comes back in silence, step by step: it is not let in again. */

import test from 'ava'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../lib/catalogue/live-gateway.ts'
import { DEV } from '../../lib/catalogue/providers.ts'
import { createLog } from '../../lib/platform/log.ts'
import { applyChange } from '../../oauth-server/account/apply-change.ts'
import type { Change } from '../../oauth-server/account/change.ts'
import {
  grantRemembered,
  judgeWithoutAsking,
  rememberConsent,
  revisionOf,
} from '../../oauth-server/authorize/remembered.ts'
import type { Client } from '../../oauth-server/clients/client.ts'
import { readConfig } from '../../oauth-server/config.ts'
import { createDevProvider } from '../../oauth-server/login/providers/dev.ts'
import { createPorts, type Families, type Ports } from '../../oauth-server/ports.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const log = createLog('test', 'error')
const gateway = readGateway({}, '/nonexistent')
const ports = createPorts(await valkey.connect(), {
  config: readConfig({
    REDIS_URL: valkey.url,
    OAUTH_SERVER_SOCKET: '/unused',
    OAUTH_SERVER_SECRET: 'a secret of the tests, long enough',
    USER_SECRETS_KEY: 'the key of user secrets in the tests',
  }),
  gateway,
  live: stillGateway(gateway),
  clock: Date.now,
  configured: new Map(),
  providers: new Map([['dev', createDevProvider(DEV)]]),
  log,
})
test.after.always(() => valkey.stop())

const REDIRECT_URI = 'https://app.example/cb'
const client: Client = {
  id: 'c',
  kind: 'registered',
  name: 'App',
  redirectUris: [REDIRECT_URI],
  authMethod: 'none',
  grantTypes: ['authorization_code'],
  echoed: {},
  secretDigest: undefined,
  registeredAt: 1,
}
const INTERACTION = {
  clientId: client.id,
  redirectUri: REDIRECT_URI,
  state: undefined,
  codeChallenge: 'x',
  service: 'echo',
  requestedScopes: [],
  nonce: undefined,
  maxAgeSeconds: undefined,
  clientRevision: revisionOf(client),
}

/** Somebody who has approved the client before, and what it asks now. */
const approvedBy = async (name: string) => {
  const facts = { userId: `dev:${name}`, userName: name, authenticatedAt: 1 }
  const { login } = await ports.families.logins.open(facts)
  const asked = { interaction: INTERACTION, login, service: 'echo', client }
  await rememberConsent(ports, asked)
  return asked
}

const withGrants = (changed: Partial<Families['grants']>): Ports => ({
  ...ports,
  families: { ...ports.families, grants: { ...ports.families.grants, ...changed } },
})

test('who is remembered is let in without being asked', async (t) => {
  const asked = await approvedBy('ann')
  t.true('service' in (await judgeWithoutAsking(ports, asked)))
  t.true('code' in (await grantRemembered(ports, asked)))
})

for (const kind of ['revoke', 'revoke-all'] as const) {
  test(`an access that ends while its client comes back is not answered by a new one: ${kind}`, async (t) => {
    const asked = await approvedBy(`ben-${kind}`)
    const { grants } = ports.families
    const before = await grants.create({
      userId: asked.login.userId,
      userName: asked.login.userName,
      authenticatedAt: 1,
      clientId: client.id,
      resource: 'http://localhost:8642/echo/mcp',
      scopes: ['mcp'],
    })
    const change: Change = kind === 'revoke' ? { kind, grantId: before.id } : { kind }
    const interrupted = withGrants({
      async create(facts) {
        await applyChange(ports, { login: asked.login, change, log })
        return await grants.create(facts)
      },
    })
    t.true('service' in (await judgeWithoutAsking(interrupted, asked)))
    t.deepEqual(await grantRemembered(interrupted, asked), { obstacle: 'consent_required' })
    t.is(await grants.find(before.id), undefined)
  })
}
