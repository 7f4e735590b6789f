import test from 'ava'
import {
  type ConsentSubject,
  type ConsentTerms,
  redisConsents,
} from '../../oauth-server/store/consents.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisLogins } from '../../oauth-server/store/logins.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const consents = redisConsents(redis)
const { login } = await redisLogins(redis).open({
  userId: 'dev:somebody',
  userName: 'somebody',
  authenticatedAt: 1,
})
test.after.always(() => valkey.stop())

const TERMS = { scopes: ['mcp', 'notes:write'], revision: 'r' }
const subjectOf = (userId: string) => ({
  userId,
  clientId: 'c',
  redirectUri: 'https://app.example/cb',
  service: 'echo',
})

/** The id of what an approval has granted, now. */
const grant = async ({ userId, clientId }: ConsentSubject): Promise<string> => {
  const facts = { userId, userName: 'a', clientId, authenticatedAt: 1, scopes: ['mcp'] }
  return (await redisGrants(redis).create({ ...facts, resource: 'https://mcp.example/echo/mcp' }))
    .id
}

const remember = async (subject: ConsentSubject, terms: ConsentTerms, by = login) =>
  consents.remember(subject, terms, { login: by, grantId: await grant(subject) })

test('a consent is found for exactly what it was given for', async (t) => {
  const subject = subjectOf('dev:a')
  await remember(subject, TERMS)
  t.deepEqual(await consents.find(subject), TERMS)
  for (const change of [
    { userId: 'dev:b' },
    { clientId: 'd' },
    { redirectUri: 'https://app.example/cb2' },
    { service: 'memory' },
  ]) {
    t.is(await consents.find({ ...subject, ...change }), undefined)
  }
})

test('ids that are cut elsewhere are other ids', async (t) => {
  await remember({ ...subjectOf('dev:x'), clientId: 'yz' }, TERMS)
  t.is(await consents.find({ ...subjectOf('dev:xy'), clientId: 'z' }), undefined)
})

test('the last one counts, and those for other services stay', async (t) => {
  const echo = subjectOf('dev:c')
  const memory = { ...echo, service: 'memory' }
  await remember(echo, TERMS)
  await remember(memory, TERMS)
  await remember(echo, { scopes: ['mcp'], revision: 's' })
  t.deepEqual(await consents.find(echo), { scopes: ['mcp'], revision: 's' })
  t.deepEqual(await consents.find(memory), TERMS)
})

test('signing out everywhere ends what was approved before, and nothing of others', async (t) => {
  await remember(subjectOf('dev:d'), TERMS)
  await remember(subjectOf('dev:e'), TERMS)
  await redisLogins(redis).closeOfUser('dev:d')
  t.is(await consents.find(subjectOf('dev:d')), undefined)
  t.deepEqual(await consents.find(subjectOf('dev:e')), TERMS)
  await remember(subjectOf('dev:d'), TERMS)
  t.deepEqual(await consents.find(subjectOf('dev:d')), TERMS)
})

test('what a login has approved that has ended by then is not remembered', async (t) => {
  const logins = redisLogins(redis)
  for (const extent of ['browser', 'everywhere']) {
    const subject = subjectOf(`dev:gone-${extent}`)
    const facts = { userId: subject.userId, userName: 'gone', authenticatedAt: 1 }
    const ended = await logins.open(facts)
    if (extent === 'browser') await logins.close(ended.cookie)
    else await logins.closeOfUser(subject.userId)
    await remember(subject, TERMS, ended.login)
    t.is(await consents.find(subject), undefined, extent)
    t.deepEqual(await consents.ofUser(subject.userId), [])
    const { login: anew } = await logins.open(facts)
    await remember(subject, TERMS, anew)
    t.deepEqual(await consents.find(subject), TERMS)
  }
})

test('forgetting a client takes whatever was approved for it, and nothing else', async (t) => {
  const echo = subjectOf('dev:f')
  const memory = { ...echo, service: 'memory', redirectUri: 'https://app.example/other' }
  const others = [{ ...echo, clientId: 'd' }, subjectOf('dev:g')]
  for (const one of [echo, memory, ...others]) await remember(one, TERMS)
  await consents.forget(echo)
  t.is(await consents.find(echo), undefined)
  t.is(await consents.find(memory), undefined)
  for (const one of others) t.deepEqual(await consents.find(one), TERMS)
  await remember(echo, TERMS)
  t.deepEqual(await consents.find(echo), TERMS)
})

for (const [what, forget] of [
  ['a client', (subject: ConsentSubject) => consents.forget(subject)],
  ['all of a person', ({ userId }: ConsentSubject) => consents.forgetOfUser(userId)],
  ['all for a client', ({ clientId }: ConsentSubject) => consents.forgetOfClient(clientId)],
] as const) {
  test(`what was approved before is not remembered after forgetting ${what}`, async (t) => {
    const subject = { ...subjectOf(`dev:late-${what}`), clientId: `late-${what}` }
    const late = await grant(subject)
    await forget(subject)
    const next = await grant(subject)
    await consents.remember(subject, TERMS, { login, grantId: late })
    t.is(await consents.find(subject), undefined)
    t.deepEqual(await consents.ofUser(subject.userId), [])
    await consents.remember(subject, TERMS, { login, grantId: next })
    t.deepEqual(await consents.find(subject), TERMS)
    t.is((await consents.ofUser(subject.userId)).length, 1)
  })
}

test('forgetting all for a client takes what anybody approved for it, and nothing else', async (t) => {
  const [mine, theirs] = ['dev:p', 'dev:q'].map((user) => ({
    ...subjectOf(user),
    clientId: 'once',
  }))
  const other = { ...subjectOf('dev:p'), clientId: 'ever' }
  if (mine === undefined || theirs === undefined) return t.fail()
  for (const one of [mine, theirs, other]) await remember(one, TERMS)
  await consents.forgetOfClient('once')
  for (const one of [mine, theirs]) t.is(await consents.find(one), undefined)
  t.deepEqual(
    (await consents.ofUser('dev:p')).map(({ clientId }) => clientId),
    ['ever'],
  )
  t.deepEqual(await consents.find(other), TERMS)
  await remember(mine, TERMS)
  t.deepEqual(await consents.find(mine), TERMS)
  t.is(await consents.find(theirs), undefined)
})

test.serial('what keeps late approvals from being remembered goes by itself', async (t) => {
  const subject = subjectOf('dev:forgets')
  const before = new Set(await redis.keys('*consent:*'))
  await consents.forget(subject)
  const made = (await redis.keys('*consent:*')).filter((one) => !before.has(one))
  for (const key of made) {
    const ttl = await redis.ttl(key.slice(redis.options.keyPrefix?.length))
    t.true(ttl > 0 && ttl <= 3600)
  }
  t.true(made.length > 0)
})

test('forgetting all of a person ends no login, and counts for what was approved before', async (t) => {
  const [mine, theirs] = [subjectOf('dev:h'), subjectOf('dev:i')]
  const logins = redisLogins(redis)
  const facts = { userId: 'dev:h', userName: 'h', authenticatedAt: 1 }
  const { login } = await logins.open(facts)
  for (const one of [mine, { ...mine, clientId: 'd' }, theirs]) await remember(one, TERMS)
  await consents.forgetOfUser('dev:h')
  t.is(await consents.find(mine), undefined)
  t.is(await consents.find({ ...mine, clientId: 'd' }), undefined)
  t.deepEqual(await consents.find(theirs), TERMS)
  t.true(await logins.stands(login))
  await remember(mine, TERMS)
  t.deepEqual(await consents.find(mine), TERMS)
})

test.serial('it lives 90 days from its last use, and names nobody in its key', async (t) => {
  const subject = subjectOf('dev:someone')
  const before = new Set(await redis.keys('*consent:*'))
  await remember(subject, TERMS)
  const [key = ''] = (await redis.keys('*consent:*')).filter((one) => !before.has(one))
  t.false(key.includes('someone'))
  const name = key.slice(redis.options.keyPrefix?.length)
  await redis.expire(name, 10)
  await consents.find(subject)
  t.true((await redis.ttl(name)) > 89 * 86_400)
  const [field = '', stored = ''] = Object.entries(await redis.hgetall(name))[0] ?? []
  const [instant, used, terms] = stored.split(' ')
  const longAgo = Number(used) - 91 * 86_400
  await redis.hset(name, field, [instant, longAgo, terms].join(' '))
  t.is(await consents.find(subject), undefined, 'whatever else of the client is in use')
})
