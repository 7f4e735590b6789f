/** Facts that perish, in processes on one store: when they are read again, by whom, and what if they cannot be. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { OAuthError } from '../../lib/oauth/error.ts'
import {
  type AccessProcess,
  admit,
  aliveOf,
  grantOf,
  member,
  OCTOCATS,
  rules,
  startAccessPair,
} from '../support/access-world.ts'

const { world, github, options, one, two } = await startAccessPair(rules(OCTOCATS), {
  ACCESS_FACTS_LIFETIME: '900',
  ACCESS_FACTS_OUTAGE: '86400',
})
test.after.always(() => world.stop())

let people = 0
/** Somebody who has just logged in, with a token of their own and a grant. */
async function arrive(t: ExecutionContext, changes = {}) {
  people += 1
  const [id, token] = [String(people), `token-of-${people}`]
  const identity = member(id, changes)
  github.people.set(token, identity)
  t.true(await admit(one, identity, token))
  const userId = `github:${id}`
  await grantOf(one, userId)
  return { id, token, userId, identity }
}

const readingsOf = (token: string) => github.readings.filter((reading) => reading.token === token)
const known = (userId: string) => one.families.users.find(userId)
const QUARTER = 901

async function refusalOf(process: AccessProcess, userId: string): Promise<OAuthError> {
  const thrown: unknown = await process.access.allows(userId, 'echo').then(
    (isAllowed) => new Error(`no refusal but ${isAllowed}`),
    (error: unknown) => error,
  )
  if (thrown instanceof OAuthError) return thrown
  throw thrown
}

test.serial(
  'facts are read again once they are old, not before, and only what rules need',
  async (t) => {
    const { token, userId } = await arrive(t)
    world.pass(890)
    t.true(await one.access.allows(userId, 'echo'))
    t.deepEqual(readingsOf(token), [])
    world.pass(20)
    t.true(await one.access.allows(userId, 'echo'))
    t.true(await two.access.allows(userId, undefined))
    t.deepEqual(
      readingsOf(token).map(({ needs }) => needs),
      [{ emails: false, organizations: true, teams: false, groups: false }],
    )
  },
)

test.serial('facts of when the clock was ahead are not taken for new ones', async (t) => {
  world.pass(10 * QUARTER)
  const { token, userId, identity } = await arrive(t)
  world.pass(-10 * QUARTER)
  github.people.set(token, { ...identity, organizations: [] })
  t.false(await one.access.allows(userId, 'echo'))
  t.is(readingsOf(token).length, 1)
  t.deepEqual(await aliveOf(two, userId), [])
})

test.serial(
  'many refreshes at once in two processes read once, and all hear the outcome',
  async (t) => {
    const { id, token, userId, identity } = await arrive(t)
    github.meanwhile = () => sleep(300)
    const all = async (): Promise<boolean[]> => {
      world.pass(QUARTER)
      return await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? one : two).access.allows(userId, 'echo'),
        ),
      )
    }
    t.deepEqual(new Set(await all()), new Set([true]))
    t.is(readingsOf(token).length, 1)
    t.deepEqual(await aliveOf(two, userId), ['echo'])
    github.people.set(token, { ...identity, organizations: [] })
    t.deepEqual(new Set(await all()), new Set([false]))
    t.is(readingsOf(token).length, 2)
    t.deepEqual(await aliveOf(two, userId), [])
    t.is(await known(`github:${id}`), undefined)
    github.meanwhile = async () => {}
  },
)

test.serial(
  'whoever waits for another’s reading hears its outcome, however short facts live',
  async (t) => {
    const brief = { ...options, environment: { ACCESS_FACTS_LIFETIME: '0' } }
    const [here, there] = [
      await world.start(rules(OCTOCATS), brief),
      await world.start(rules(OCTOCATS), brief),
    ]
    const { token, userId, identity } = await arrive(t)
    github.people.set(token, { ...identity, organizations: [] })
    world.pass(2)
    github.meanwhile = async () => world.pass(5)
    const both = [here, there].map(({ access }) => access.allows(userId, 'echo'))
    t.deepEqual(await Promise.all(both), [false, false])
    github.meanwhile = async () => {}
  },
)

for (const fault of [
  'unavailable',
  'misconfigured',
  'invalid',
  new Error('a body with a secret'),
] as const) {
  test.serial(
    `a reading that fails (${fault}): facts count for a day, then nobody can tell`,
    async (t) => {
      const { token, userId, identity } = await arrive(t)
      github.people.set(token, fault)
      world.pass(86_000)
      t.true(await one.access.allows(userId, 'echo'))
      t.is(readingsOf(token).length, 1)
      t.true(await two.access.allows(userId, 'echo'))
      t.is(readingsOf(token).length, 1, 'it is not asked again at once, by nobody')
      world.pass(500)
      for (const process of [one, two]) {
        const refusal = await refusalOf(process, userId)
        t.is(refusal.status, 503)
        t.is(refusal.code, 'temporarily_unavailable')
        t.is(refusal.retryAfterSeconds, 30)
        t.is(refusal.explain, 'provider')
      }
      t.deepEqual(await aliveOf(one, userId), ['echo'], 'nothing is lost')
      github.people.set(token, identity)
      // As if the seconds had gone in which it is left alone.
      await forgetFailures()
      t.true(await two.access.allows(userId, 'echo'))
      t.is((await known(userId))?.name, identity.name)
      t.false(world.lines.join('').includes('a body with a secret'))
    },
  )
}

async function forgetFailures(): Promise<void> {
  const { redis } = world
  const keys = await redis.keys('mcp-gateway:facts:reading:*')
  await Promise.all(keys.map((key) => redis.del(key.slice('mcp-gateway:'.length))))
}

test.serial(
  'a provider that never answers is not waited for longer than five seconds',
  async (t) => {
    const { userId } = await arrive(t)
    world.pass(QUARTER)
    github.meanwhile = () => new Promise(() => {})
    const begun = performance.now()
    t.true(await one.access.allows(userId, 'echo'))
    const took = performance.now() - begun
    t.true(took > 4900 && took < 9000, String(took))
    github.meanwhile = async () => {}
  },
)

test.serial(
  'what comes later than that is kept all the same: the facts, and the token for the next time',
  async (t) => {
    const { token, userId, identity } = await arrive(t)
    const second = `${token}-second`
    github.people.set(token, { ...identity, name: 'renamed' })
    const asked = Promise.withResolvers<void>()
    const late = Promise.withResolvers<void>()
    github.rotate = (used) => `${used}-second`
    github.meanwhile = () => {
      asked.resolve()
      return late.promise
    }
    world.pass(QUARTER)
    const reading = one.access.allows(userId, 'echo')
    await asked.promise
    t.true(await reading, 'nobody waits for it')
    t.not((await known(userId))?.name, 'renamed')
    github.rotate = undefined
    github.meanwhile = async () => {}
    late.resolve()
    await until(async () => (await known(userId))?.name === 'renamed')
    github.people.delete(token)
    github.people.set(second, { ...identity, organizations: [] })
    await forgetFailures()
    world.pass(QUARTER)
    t.false(await two.access.allows(userId, 'echo'), 'it is read with the second token')
    t.is(readingsOf(second).length, 1)
  },
)

test.serial('a renewed token is kept although the facts do not come', async (t) => {
  const { token, userId, identity } = await arrive(t)
  const second = `${token}-second`
  github.rotate = (used) => `${used}-second`
  github.people.set(token, 'unavailable')
  world.pass(QUARTER)
  t.true(await one.access.allows(userId, 'echo'))
  github.rotate = undefined
  github.people.delete(token)
  github.people.set(second, identity)
  await forgetFailures()
  t.true(await two.access.allows(userId, 'echo'))
  t.is(readingsOf(second).length, 1)
})

test.serial('what comes late changes nothing for who has logged in meanwhile', async (t) => {
  const { id, token, userId, identity } = await arrive(t)
  const late = Promise.withResolvers<void>()
  github.meanwhile = () => late.promise
  github.people.set(token, 'expired')
  world.pass(QUARTER)
  t.true(await one.access.allows(userId, 'echo'))
  github.meanwhile = async () => {}
  t.true(await admit(two, { ...identity, name: `again-${id}` }, `again-${token}`))
  const told = world.lines.length
  late.resolve()
  await until(async () => world.lines.slice(told).some((line) => line.includes('nobody vouches')))
  await sleep(50)
  t.is((await known(userId))?.name, `again-${id}`)
  t.truthy((await known(userId))?.sealedToken)
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20)
}

for (const fault of ['expired', 'blocked'] as const) {
  test.serial(
    `a token that is dead (${fault}): nobody vouches any more, and what stood on it ends`,
    async (t) => {
      const { token, userId } = await arrive(t)
      const facts = { userId, userName: 'x', authenticatedAt: 1 }
      const { login } = await one.families.logins.open(facts)
      github.people.set(token, fault)
      world.pass(QUARTER)
      t.false(await one.access.allows(userId, 'echo'))
      t.deepEqual(await aliveOf(one, userId), [])
      t.false(await one.families.logins.stands(login))
      t.is(await known(userId), undefined)
    },
  )
}

test.serial('who tells of somebody else is not believed', async (t) => {
  const { token, userId } = await arrive(t)
  github.people.set(token, member('999999', { organizations: [] }))
  world.pass(QUARTER)
  t.true(await one.access.allows(userId, 'echo'))
  t.is(await known('github:999999'), undefined)
  t.true(world.lines.some((line) => line.includes('it told of somebody else')))
})

test.serial('whoever comes in by what lasts is not read again', async (t) => {
  const { token, userId } = await arrive(t)
  const id = { kind: 'id', provider: 'github', id: userId.slice('github:'.length) } as const
  const lasting = await world.start(rules(OCTOCATS, id), options)
  github.people.set(token, 'unavailable')
  world.pass(10 * 86_400)
  t.true(await lasting.access.allows(userId, 'echo'))
  t.deepEqual(readingsOf(token), [])
})

test.serial(
  'facts read anew end what a service asks for and they do not give, nothing else',
  async (t) => {
    const narrowed = await world.start(
      { gateway: [{ kind: 'everyone' }], services: new Map([['memory', [OCTOCATS]]]) },
      options,
    )
    const { token, userId, identity } = await arrive(t)
    await grantOf(narrowed, userId, 'memory')
    github.people.set(token, { ...identity, organizations: [] })
    world.pass(QUARTER)
    t.true(await narrowed.access.allows(userId, 'echo'))
    t.deepEqual((await aliveOf(narrowed, userId)).sort(), ['echo', 'memory'], 'echo asks nothing')
    t.false(await narrowed.access.allows(userId, 'memory'))
    t.deepEqual(await aliveOf(narrowed, userId), ['echo'])
    t.not(await known(userId), undefined)
  },
)

test.serial(
  'a token is never in the store in clear, is replaced by the next, and goes with the rule',
  async (t) => {
    const { token, userId, identity } = await arrive(t)
    const second = `${token}-second`
    t.false((await world.dump()).includes(token))
    const first = (await known(userId))?.sealedToken ?? ''
    t.true(first.length > token.length)
    github.rotate = (used) => `${used}-second`
    world.pass(QUARTER)
    t.true(await one.access.allows(userId, 'echo'))
    github.rotate = undefined
    github.people.delete(token)
    github.people.set(second, identity)
    t.not((await known(userId))?.sealedToken, first)
    t.false((await world.dump()).includes(token))
    world.pass(QUARTER)
    t.true(await two.access.allows(userId, 'echo'))
    t.is(readingsOf(second).length, 1)
    const relaxed = await world.start(rules({ kind: 'everyone' }), options)
    t.true(await relaxed.access.allows(userId, 'echo'))
    const left = await known(userId)
    t.is(left?.sealedToken, undefined)
    t.is(left?.organizations, undefined)
    const log = world.lines.join('\n')
    t.false(log.includes(token))
    t.false(log.includes('octocats'))
  },
)

test.serial('a token moved to somebody else’s record opens nothing', async (t) => {
  const [victim, thief] = [await arrive(t), await arrive(t)]
  const stolen = (await known(victim.userId))?.sealedToken
  const record = await known(thief.userId)
  if (record === undefined) return t.fail()
  await one.families.users.replace(record, { ...record, sealedToken: stolen })
  world.pass(QUARTER)
  t.false(await one.access.allows(thief.userId, 'echo'))
  t.deepEqual(readingsOf(victim.token), [])
})

test.serial('where no rule needs it nothing of it is kept in the first place', async (t) => {
  const relaxed = await world.start(rules({ kind: 'provider', provider: 'github' }), options)
  const identity = member('lean')
  t.true(await admit(relaxed, identity, 'token-of-lean'))
  const record = await known('github:lean')
  t.is(record?.sealedToken, undefined)
  t.is(record?.organizations, undefined)
})

test.serial('a login while facts are read again is not undone by what was read', async (t) => {
  const { id, token, userId, identity } = await arrive(t)
  github.people.set(token, 'expired')
  world.pass(QUARTER)
  github.meanwhile = async () => {
    t.true(await admit(two, { ...identity, name: `again-${id}` }, `again-${token}`))
  }
  t.true(await one.access.allows(userId, 'echo'))
  github.meanwhile = async () => {}
  t.is((await known(userId))?.name, `again-${id}`)
  t.deepEqual(await aliveOf(one, userId), ['echo'])
})

test.serial('what was read anew is kept: the name, the memberships, when it was', async (t) => {
  const { token, userId, identity } = await arrive(t)
  const before = await known(userId)
  github.people.set(token, { ...identity, name: 'renamed' })
  world.pass(QUARTER)
  t.true(await one.access.allows(userId, 'echo'))
  const after = await known(userId)
  t.is(after?.name, 'renamed')
  t.is(after?.lastLoginAt, before?.lastLoginAt)
  t.true((after?.readAt ?? 0) >= (before?.readAt ?? 0) + QUARTER)
})
