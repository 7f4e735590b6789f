/** Signing out beside an approval in another tab, step by step: whichever is faster, nothing stays alive. */

import test from 'ava'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../lib/catalogue/live-gateway.ts'
import { DEV } from '../../lib/catalogue/providers.ts'
import { createLog } from '../../lib/platform/log.ts'
import { grantAccess } from '../../oauth-server/authorize/grant-access.ts'
import { readConfig } from '../../oauth-server/config.ts'
import type { Families } from '../../oauth-server/families.ts'
import { createDevProvider } from '../../oauth-server/login/providers/dev.ts'
import { type Extent, signOut } from '../../oauth-server/login/sign-out.ts'
import { createPorts, type Ports } from '../../oauth-server/ports.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
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
  log: createLog('test', 'error'),
})
test.after.always(() => valkey.stop())

const INTERACTION = {
  clientId: 'c',
  redirectUri: 'https://app.example/cb',
  state: undefined,
  codeChallenge: 'x',
  service: 'echo',
  requestedScopes: [],
  nonce: undefined,
  maxAgeSeconds: undefined,
}

const openLogin = (name: string) =>
  ports.families.logins.open({ userId: `dev:${name}`, userName: name, authenticatedAt: 1 })

type Opened = Awaited<ReturnType<typeof openLogin>>

const approve = async (with_: Ports, { login }: Opened) =>
  (await grantAccess(with_, { interaction: INTERACTION, login, service: 'echo' }))?.code

const withFamilies = (changed: Partial<Families>): Ports => ({
  ...ports,
  families: { ...ports.families, ...changed },
})

const alive = async (name: string) => {
  const { grants } = ports.families
  const found = await Promise.all((await grants.ofUser(`dev:${name}`)).map(grants.find))
  return found.filter((grant) => grant !== undefined).length
}

for (const extent of ['browser', 'everywhere'] as const satisfies Extent[]) {
  test(`an approval that is late gives no code: ${extent}`, async (t) => {
    const opened = await openLogin(`late-${extent}`)
    const { grants } = ports.families
    const slow = withFamilies({
      grants: {
        ...grants,
        async create(facts) {
          await signOut(ports, { ...opened, extent })
          return await grants.create(facts)
        },
      },
    })
    t.is(typeof (await approve(ports, await openLogin('other'))), 'string')
    t.is(await approve(slow, opened), undefined)
  })

  test(`a grant made while the login ends is ended with it: ${extent}`, async (t) => {
    const name = `between-${extent}`
    const opened = await openLogin(name)
    await approve(ports, opened)
    t.is(await alive(name), 1)
    const { logins } = ports.families
    let code: string | undefined
    const interrupted = withFamilies({
      logins: {
        ...logins,
        async close(cookie) {
          if (extent === 'browser') code = await approve(ports, opened)
          await logins.close(cookie)
        },
        async closeOfUser(userId) {
          code = await approve(ports, opened)
          await logins.closeOfUser(userId)
        },
      },
    })
    await signOut(interrupted, { ...opened, extent })
    t.is(typeof code, 'string')
    t.is(await alive(name), 0)
  })

  test(`with a store that fails before the end it can be done again: ${extent}`, async (t) => {
    const name = `failing-${extent}`
    const opened = await openLogin(name)
    await approve(ports, opened)
    const { grants, logins } = ports.families
    const fail = () => Promise.reject(new Error('away'))
    const away = withFamilies({ grants: { ...grants, revoke: fail, revokeOfUser: fail } })
    await t.throwsAsync(signOut(away, { ...opened, extent }))
    t.true(await logins.stands(opened.login), 'the form is still worth something')
    await signOut(ports, { ...opened, extent })
    t.false(await logins.stands(opened.login))
    t.is(await alive(name), 0)
  })
}
