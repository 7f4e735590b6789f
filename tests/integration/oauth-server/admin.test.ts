/** What an operator asks the authorization server, against a real store and people who log in. */

import test from 'ava'
import type {
  ConsentEntry,
  Ended,
  GrantEntry,
  KeyEntry,
  MintedToken,
  Page,
  TokenDescription,
  UserEntry,
} from '../../../lib/oauth/administration.ts'
import { PERSONAL_CLIENT_ID } from '../../../lib/oauth/client-id.ts'
import { OAuthError } from '../../../lib/oauth/error.ts'
import { digest } from '../../../lib/platform/seal.ts'
import { mintPersonalToken } from '../../../oauth-server/admin/personal-tokens.ts'
import { formWith } from '../../support/forms.ts'
import { devProvider, startLoginWorld } from '../../support/login-world.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { createTokenSource } from '../../support/obtain-tokens.ts'
import { startOperator } from '../../support/operator.ts'
import { createPerson } from '../../support/person.ts'

const world = await startLoginWorld({ providers: [devProvider] })
const operator = await startOperator(world)
const { send, issuer, ports } = world
const client = createOAuthClient(send, issuer)
const tokens = createTokenSource(send, issuer)
const CB = 'https://app.example/cb'
const web = await client.register({ redirect_uris: [CB], client_name: 'Web' })
const echo = `${issuer}/echo/mcp`
test.after.always(async () => {
  await operator.stop()
  await world.stop()
})

const authorize = (username: string) => {
  const { url } = client.begin(web.client_id, { redirect_uri: CB, resource: echo })
  const person = createPerson(send)
  return { person, url, answer: () => person.authorize(url, { username }) }
}
const grantsOf = async (user: string): Promise<readonly GrantEntry[]> =>
  (await operator.told<Page<GrantEntry>>('grants/list', { user })).entries

test.serial('somebody disabled is signed out, and no way in is left', async (t) => {
  const { person, url, answer } = authorize('anna')
  await answer()
  t.is((await grantsOf('dev:anna')).length, 1)
  t.like(await operator.told('users/disable', { user: 'dev:anna' }), { grants: 1, disabled: true })
  t.deepEqual(await grantsOf('dev:anna'), [])
  // The browser had a login, and an approval that was remembered.
  const page = await person.open(url)
  t.is(page.response.status, 200)
  const refused = await person.authorize(url, { username: 'anna' })
  t.is(refused.searchParams.get('error'), 'access_denied')
  const account = await person.open(`${issuer}/account`)
  t.not(account.response.status, 200)
  t.deepEqual(await grantsOf('dev:anna'), [])
  const { entries } = await operator.told<Page<UserEntry>>('users/list')
  t.like(entries.find(({ user }) => user === 'dev:anna')?.disabled, { by: 'tester' })
})

for (const [family, verb] of [
  ['consents', 'forgetOfUser'],
  ['logins', 'closeOfUser'],
  ['grants', 'revokeOfUser'],
] as const) {
  test.serial(
    `whoever is shown as disabled has nothing left, if ${family} cannot be ended too`,
    async (t) => {
      const user = 'dev:alice'
      const registered = await client.register()
      const held = await tokens.obtain(registered)
      const records = ports.families[family]
      const working = { ...records }
      Object.assign(records, { [verb]: () => Promise.reject(new Error('cut off')) })
      const { status } = await operator.ask('users/disable', { user })
      Object.assign(records, working)
      const { disabled, grants } = await operator.told<UserEntry>('users/show', { user })
      const { status: refreshed } = await tokens.refresh(registered, held.refresh_token)
      t.is(disabled !== null, refreshed !== 200, 'all of it, or nothing')
      t.is(grants, disabled === null ? 1 : 0)
      t.is(status === 200, disabled !== null, 'and it was told')
      await operator.told('users/revoke', { user })
      await operator.told('users/enable', { user })
    },
  )
}

test.serial('who was about to approve when they were disabled gets nothing', async (t) => {
  const { person, url } = authorize('bob')
  const page = await person.open(url)
  await operator.told('users/disable', { user: 'dev:bob' })
  const response = await person.submit(page, { username: 'bob' })
  t.is(new URL(response.headers.get('location') ?? '').searchParams.get('code'), null)
  t.deepEqual(await grantsOf('dev:bob'), [])
})

test.serial(
  'a grant that slipped through while somebody was disabled ends when it is met',
  async (t) => {
    await operator.told('users/disable', { user: 'dev:carol' })
    const grant = await ports.families.grants.create({
      userId: 'dev:carol',
      userName: 'carol',
      clientId: web.client_id,
      resource: echo,
      scopes: ['mcp'],
      authenticatedAt: 1,
    })
    t.false(await ports.access.allows('dev:carol', 'echo'))
    t.is(await ports.families.grants.find(grant.id), undefined)
  },
)

test.serial('who is enabled again comes in as before', async (t) => {
  await operator.told('users/disable', { user: 'dev:dora' })
  t.deepEqual(await operator.told('users/enable', { user: 'dev:dora' }), {
    user: 'dev:dora',
    enabled: true,
  })
  t.not((await authorize('dora').answer()).searchParams.get('code'), null)
  t.like(await operator.told('users/enable', { user: 'dev:dora' }), { enabled: false })
})

test.serial(
  'a name that nobody can have is refused, and nothing is remembered of it',
  async (t) => {
    for (const name of ['users/disable', 'users/revoke', 'users/probe']) {
      for (const user of ['alice', 'github:1', 'dev:', ':x']) {
        t.like(await operator.ask(name, { user }), {
          status: 400,
          body: { error: 'invalid_request' },
        })
      }
    }
    t.like(await operator.ask('grants/list', { user: '' }), {
      body: { error_description: 'user: must not be empty' },
    })
    t.false((await ports.families.disabledUsers.all()).has('alice'))
  },
)

test.serial('what is remembered is listed, and forgotten for one client or for all', async (t) => {
  const { person, url, answer } = authorize('erin')
  await answer()
  const list = async () =>
    (await operator.told<Page<ConsentEntry>>('consents/list', { user: 'dev:erin' })).entries
  const [consent, ...others] = await list()
  t.deepEqual(others, [])
  t.like(consent, { client_id: web.client_id, service: 'echo', redirect_uri: CB, scopes: ['mcp'] })
  t.is((await person.open(url)).response.status, 303, 'nobody was asked')
  const one = { user: 'dev:erin', client: web.client_id }
  t.deepEqual(await operator.told('consents/revoke', one), { forgotten: 1 })
  t.deepEqual(await list(), [])
  t.is((await person.open(url)).response.status, 200, 'asked again')
  t.true((await grantsOf('dev:erin')).length > 0, 'what was granted goes on')
})

test.serial('a revoked grant takes what was remembered for it along', async (t) => {
  const { person, url, answer } = authorize('frank')
  await answer()
  const ids = (await grantsOf('dev:frank')).map(({ grant_id }) => grant_id)
  t.deepEqual(await operator.told('grants/revoke', { ids: [...ids, '1-unknown'] }), {
    ended: ids,
    missing: ['1-unknown'],
    failed: null,
    not_tried: [],
  })
  t.is((await person.open(url)).response.status, 200, 'asked again')
})

test.serial('what was deleted before the store failed is told, and in the audit log', async (t) => {
  const ids: string[] = []
  for (const client_name of ['one', 'two', 'three']) {
    ids.push((await client.register({ client_name })).client_id)
  }
  const { clients } = ports.families
  const { removeByOperator } = clients
  let count = 0
  Object.assign(clients, {
    async removeByOperator(...given: Parameters<typeof removeByOperator>) {
      count += 1
      if (count === 2) throw new OAuthError('temporarily_unavailable', 'the store is away')
      return await removeByOperator(...given)
    },
  })
  const told = await operator.told<Ended>('clients/delete', { ids })
  Object.assign(clients, { removeByOperator })
  const [one, two, three] = ids as [string, string, string]
  t.deepEqual(told, {
    ended: [one],
    missing: [],
    failed: { id: two, error: 'temporarily_unavailable', error_description: 'the store is away' },
    not_tried: [three],
  })
  t.is(await clients.find(one), undefined)
  t.not(await clients.find(three), undefined)
  const outcomes = (await operator.audit())
    .filter(({ action, target = '' }) => action === 'admin/clients/delete' && ids.includes(target))
    .map(({ target, outcome }) => [target, outcome])
  t.deepEqual(
    new Map(outcomes as [string, string][]),
    new Map([
      [one, 'ok'],
      [two, 'temporarily_unavailable'],
      [three, 'not_tried'],
    ]),
  )
})

test.serial('tokens are told by what they are, and end alone or with their grant', async (t) => {
  const registered = await client.register()
  const held = await tokens.obtain(registered)
  const show = (token: string) => operator.told<TokenDescription>('tokens/show', { token })
  t.like(await show(held.access_token), { kind: 'access', active: true, resource: echo })
  t.like(await show(held.refresh_token), { kind: 'refresh', active: true })
  t.like(await show('rubbish'), { kind: 'unknown', active: false, user: null })
  await operator.told('tokens/revoke', { token: held.access_token })
  t.like(await show(held.access_token), { active: false, reason: 'revoked' })
  const again = await operator.ask('tokens/revoke', { token: held.access_token })
  t.like(again, { status: 404, body: { error_description: 'it does not count any more: revoked' } })
  t.like(await show(held.refresh_token), { active: true }, 'the grant goes on')
  await operator.told('tokens/revoke', { token: held.refresh_token })
  t.like(await show(held.refresh_token), { active: false })
  t.like(await operator.ask('tokens/revoke', { token: 'rubbish' }), { status: 404 })
})

test.serial('a token for a script is in somebody’s name, and seen by them', async (t) => {
  const { person, answer } = authorize('grace')
  await answer()
  const wish = {
    user: 'dev:grace',
    service: 'echo',
    scopes: [],
    lifetime: 7200,
    label: 'nightly <job>',
  }
  const minted = await operator.told<MintedToken>('tokens/mint', wish)
  t.is(minted.url, echo)
  const { entries: keys } = await operator.told<Page<KeyEntry>>('keys/list')
  t.true(
    keys.every((key) => key.needed_until > minted.expires_at),
    'its key outlives it',
  )
  const claims = await ports.verifiedTokens.verify(minted.access_token)
  t.like(claims, { sub: 'dev:grace', client_id: PERSONAL_CLIENT_ID, preferred_username: 'grace' })
  t.is((claims?.exp ?? 0) - (claims?.iat ?? 0), 7200)
  const { text } = (await person.open(`${issuer}/account`)).response
  t.regex(text, /A script of the operator <bdi>nightly &lt;job&gt;<\/bdi>/)
  await operator.told('users/revoke', { user: 'dev:grace' })
  const shown = await operator.told<TokenDescription>('tokens/show', { token: minted.access_token })
  t.like(shown, { active: false, reason: 'revoked' })
})

test.serial('a token that is made while somebody is disabled does not outlive it', async (t) => {
  await authorize('ivan').answer()
  const { families } = ports
  let looks = 0
  // The second look at the person comes after it was found that they may, and before the grant is made.
  const find: typeof families.users.find = async (id) => {
    looks += 1
    if (looks === 2) await operator.told('users/disable', { user: id })
    return await families.users.find(id)
  }
  const racing = { ...ports, families: { ...families, users: { ...families.users, find } } }
  const wish = { user: 'dev:ivan', service: 'echo', scopes: [], label: '', lifetimeSeconds: 3600 }
  await t.throwsAsync(mintPersonalToken(racing, wish), { name: 'AdminError' })
  t.is(looks, 3)
  t.deepEqual(await grantsOf('dev:ivan'), [])
})

test.serial('what is known of a person lives as long as a token in their name', async (t) => {
  await authorize('kate').answer()
  const { users } = ports.families
  const known = await users.find('dev:kate')
  if (known === undefined) return t.fail()
  const redis = await world.valkey.connect()
  const [key, hour] = [`user:${digest('dev:kate')}`, 3600]
  // As 400 days without a login leave it, but for an hour.
  await users.replace(known, { ...known, lastLoginAt: known.lastLoginAt - 400 * 86_400 + hour })
  await redis.expire(key, hour)
  const wish = { user: 'dev:kate', service: 'echo', scopes: [], lifetime: 86_400, label: '' }
  await operator.told('tokens/mint', wish)
  t.true((await redis.ttl(key)) >= 86_400 - 5)
  const listed = Number(await redis.zscore('users', 'dev:kate'))
  t.true(listed >= Date.now() / 1000 + 86_400 - 5)
})

test.serial('what somebody entered for services goes when that is asked for', async (t) => {
  const user = 'dev:judy'
  const { userSecrets } = ports.families
  for (const service of ['echo', 'served-before']) {
    await userSecrets.enter({ userId: user, service }, 'KEY', 'value')
  }
  t.like(await operator.told('users/revoke', { user }), { secrets_deleted: null })
  const leaving = { user, forget_secrets: true }
  t.like(await operator.told('users/disable', leaving), { secrets_deleted: 2 })
  t.is((await userSecrets.describe({ userId: user, service: 'echo' })).size, 0)
  t.is((await userSecrets.describe({ userId: user, service: 'served-before' })).size, 0)
})

test.serial('nor does anything stay that somebody enters at that very moment', async (t) => {
  const { services } = world.live.current
  const service = services.get('echo')
  if (service === undefined) throw new Error('echo is not served')
  const asking = { ...service, userSecrets: { KEY: 'Your key' } }
  await world.live.change({ services: new Map([...services, ['echo', asking]]) })
  t.teardown(() => world.live.change({ services }))
  const { person, answer } = authorize('karl')
  await answer()
  const page = await person.open(`${issuer}/account`)
  const { userSecrets } = ports.families
  const { enter } = userSecrets
  const user = 'dev:karl'
  Object.assign(userSecrets, {
    async enter(...input: Parameters<typeof enter>) {
      Object.assign(userSecrets, { enter })
      await operator.told('users/disable', { user, forget_secrets: true })
      await enter(...input)
    },
  })
  const form = formWith(page, ['change', 'enter-secret'], { service: 'echo', name: 'KEY' })
  const late = await person.post(form, { change: 'enter-secret', value: 'too late' })
  t.is(late.status, 403)
  t.is((await userSecrets.describe({ userId: user, service: 'echo' })).size, 0)
})

test.serial('somebody of a provider that is gone can still be ended and shut out', async (t) => {
  const user = 'gone:1'
  const facts = { userId: user, userName: 'x', clientId: web.client_id, resource: echo }
  await ports.families.grants.create({ ...facts, scopes: ['mcp'], authenticatedAt: 1 })
  t.like(await operator.told('users/revoke', { user }), { grants: 1 })
  t.deepEqual(await grantsOf(user), [])
  t.like(await operator.ask('users/revoke', { user }), { status: 400 }, 'nothing is left of them')
  await ports.families.users.record({
    id: user,
    provider: 'gone',
    name: 'x',
    emails: [],
    readAt: 1,
    lastLoginAt: 1,
  })
  t.like(await operator.told('users/disable', { user }), { disabled: true })
})

test.serial('nobody is given what they may not have', async (t) => {
  await authorize('heidi').answer()
  const wish = { user: 'dev:heidi', service: 'echo', scopes: [], lifetime: 3600, label: '' }
  for (const [changes, status] of [
    [{ user: 'dev:stranger' }, 404],
    [{ user: 'dev:anna' }, 403],
    [{ service: 'nothing' }, 404],
    [{ scopes: ['nothing:read'] }, 403],
    [{ lifetime: 31 * 86_400 }, 403],
    [{ lifetime: 59 }, 400],
    [{ lifetime: 'long' }, 400],
    [{ more: 1 }, 400],
  ] as const) {
    t.is(
      (await operator.ask('tokens/mint', { ...wish, ...changes })).status,
      status,
      JSON.stringify(changes),
    )
  }
  const { body } = await operator.ask('tokens/mint', { ...wish, user: 'dev:anna' })
  t.regex(JSON.stringify(body), /dev:anna is disabled/, 'which no change of the rules mends')
  t.is((await grantsOf('dev:heidi')).length, 1, 'that of the login alone')
})

test.serial(
  'people without a login are listed by what they granted, page after page',
  async (t) => {
    const { entries } = await operator.told<Page<GrantEntry>>('grants/list')
    const byUser = entries.filter(({ user }) => user === 'dev:erin')
    t.deepEqual(
      byUser.map(({ grant_id }) => grant_id).sort(),
      (await grantsOf('dev:erin')).map(({ grant_id }) => grant_id).sort(),
    )
    const { entries: ofClient } = await operator.told<Page<GrantEntry>>('grants/list', {
      client: web.client_id,
    })
    t.true(ofClient.every(({ client_id }) => client_id === web.client_id))
    t.true(ofClient.length > 0)
  },
)

test.serial(
  'whatever was asked for wrongly is refused in words, and the next question answered',
  async (t) => {
    for (const [name, input, status] of [
      ['nothing/list', {}, 404],
      ['constructor', {}, 404],
      ['clients/show', { id: 'unknown' }, 404],
      ['users/show', { user: 'dev:unknown' }, 404],
      ['grants/revoke', { ids: [] }, 400],
      ['grants/revoke', {}, 400],
      ['keys/rotate', { soon: 'yes' }, 400],
    ] as const) {
      const { status: told, body } = await operator.ask(name, input)
      t.is(told, status, name)
      t.regex((body as { error_description: string }).error_description, /\S/)
    }
    t.is((await operator.ask('keys/list')).status, 200)
  },
)

test.serial(
  'every change is in the audit log with who did it, refused ones too; looking is not',
  async (t) => {
    const records = await operator.audit()
    t.true(records.every(({ room, user }) => room === 'oauth-server' && user === 'operator:tester'))
    const of = (action: string) => records.filter((one) => one.action === `admin/${action}`)
    t.like(of('users/disable')[0], { target: 'dev:anna', outcome: 'ok' })
    t.true(
      of('users/disable').some(
        ({ target, outcome }) => target === 'github:1' && outcome === 'invalid_request',
      ),
    )
    t.true(
      of('grants/revoke').some(
        ({ target, outcome }) => target === '1-unknown' && outcome === 'not_found',
      ),
    )
    t.true(of('tokens/mint').some(({ outcome, service }) => outcome === 'ok' && service === 'echo'))
    t.deepEqual([...of('users/list'), ...of('tokens/show'), ...of('keys/list')], [])
  },
)
