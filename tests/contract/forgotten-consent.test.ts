/** Ending an access beside a client that comes back in silence, step by step: it is not let in again. */

import test from 'ava'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../lib/catalogue/live-gateway.ts'
import { DEV } from '../../lib/catalogue/providers.ts'
import { createLog } from '../../lib/platform/log.ts'
import { applyChange } from '../../oauth-server/account/apply-change.ts'
import type { Change } from '../../oauth-server/account/change.ts'
import { grantAccess } from '../../oauth-server/authorize/grant-access.ts'
import {
  grantRemembered,
  judgeWithoutAsking,
  rememberConsent,
  revisionOf,
} from '../../oauth-server/authorize/remembered.ts'
import type { Client } from '../../oauth-server/clients/client.ts'
import { readConfig } from '../../oauth-server/config.ts'
import type { Families } from '../../oauth-server/families.ts'
import { createDevProvider } from '../../oauth-server/login/providers/dev.ts'
import { createPorts, type Ports } from '../../oauth-server/ports.ts'
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

/** Somebody who has just approved the client, and what it asks. */
const approvedBy = async (name: string) => {
  const facts = { userId: `dev:${name}`, userName: name, authenticatedAt: 1 }
  const { login } = await ports.families.logins.open(facts)
  const asked = { interaction: INTERACTION, login, service: 'echo', client }
  const access = await grantAccess(ports, asked)
  return { ...asked, grantId: access?.grantId ?? '' }
}

const rememberedBy = async (name: string) => {
  const approved = await approvedBy(name)
  await rememberConsent(ports, approved)
  return approved
}

const withGrants = (changed: Partial<Families['grants']>): Ports => ({
  ...ports,
  families: { ...ports.families, grants: { ...ports.families.grants, ...changed } },
})

test('who is remembered is let in without being asked', async (t) => {
  const asked = await rememberedBy('ann')
  t.true('service' in (await judgeWithoutAsking(ports, asked)))
  t.true('code' in (await grantRemembered(ports, asked)))
})

type Kind = 'revoke' | 'revoke-all'

const toChange = (kind: Kind, { grantId }: { readonly grantId: string }): Change =>
  kind === 'revoke' ? { kind, grantId } : { kind }

for (const kind of ['revoke', 'revoke-all'] as const) {
  test(`an access that ends while its client comes back is not answered by a new one: ${kind}`, async (t) => {
    const asked = await rememberedBy(`ben-${kind}`)
    const { grants } = ports.families
    const change = toChange(kind, asked)
    const interrupted = withGrants({
      async create(facts) {
        await applyChange(ports, { login: asked.login, change, log })
        return await grants.create(facts)
      },
    })
    t.true('service' in (await judgeWithoutAsking(interrupted, asked)))
    t.deepEqual(await grantRemembered(interrupted, asked), { obstacle: 'consent_required' })
    t.is(await grants.find(asked.grantId), undefined)
  })

  test(`an access that ends before its approval is remembered is asked about again: ${kind}`, async (t) => {
    const asked = await approvedBy(`cora-${kind}`)
    const notice = await applyChange(ports, {
      login: asked.login,
      change: toChange(kind, asked),
      log,
    })
    t.is(notice, kind === 'revoke' ? 'revoked' : 'revoked-all')
    await rememberConsent(ports, asked)
    t.deepEqual(await judgeWithoutAsking(ports, asked), { obstacle: 'consent_required' })
    await rememberConsent(ports, { ...asked, ...(await grantAccess(ports, asked)) })
    t.true('service' in (await judgeWithoutAsking(ports, asked)))
  })
}
