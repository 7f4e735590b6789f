/** Rules that change beside logins, approvals and sweeps, step by step: nothing they refuse stays alive. */

import test from 'ava'
import type { AccessSettings } from '../../lib/catalogue/access-rules.ts'
import { OPEN_ACCESS } from '../../lib/catalogue/access-rules.ts'
import { grantAccess } from '../../oauth-server/authorize/grant-access.ts'
import type { Families } from '../../oauth-server/families.ts'
import { toUser } from '../../oauth-server/store/users.ts'
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

const { world, github, one, two } = await startAccessPair(OPEN_ACCESS)
test.after.always(() => world.stop())

const dev = (...names: string[]): AccessSettings =>
  rules(...names.map((login) => ({ kind: 'login', provider: 'dev', login }) as const))
const gitHub = (login: string) => ({ kind: 'login', provider: 'github', login }) as const

const devUser = (name: string) => toUser('dev', { providerId: name, name, emails: [] })
const open = ({ families }: AccessProcess, userId: string) =>
  families.logins.open({ userId, userName: userId, authenticatedAt: 1 })

const INTERACTION = {
  clientId: 'client',
  redirectUri: 'https://app.example/cb',
  state: undefined,
  codeChallenge: 'x',
  service: 'echo',
  requestedScopes: [],
  nonce: undefined,
  maxAgeSeconds: undefined,
}

/** The rules of a process change, as its watch on the file does it. */
async function change({ access, live }: AccessProcess, settings: AccessSettings): Promise<void> {
  await live.change({ access: settings })
  await access.sweep()
}

const withFamilies = (process: AccessProcess, changed: Partial<Families>): AccessProcess => ({
  ...process,
  families: { ...process.families, ...changed },
})

test.beforeEach(async () => {
  for (const { live } of [one, two]) await live.change({ access: OPEN_ACCESS })
})

test.serial(
  'whoever is taken out of the rules loses everything at once, others nothing',
  async (t) => {
    const logins = []
    for (const name of ['alice', 'bob']) {
      t.true(await one.access.admit(devUser(name), undefined))
      await grantOf(one, `dev:${name}`)
      await grantOf(one, `dev:${name}`, 'memory')
      logins.push((await open(one, `dev:${name}`)).login)
    }
    const [alice, bob] = logins
    if (alice === undefined || bob === undefined) return t.fail()
    await change(two, dev('bob'))
    t.deepEqual(await aliveOf(one, 'dev:alice'), [])
    t.is((await aliveOf(one, 'dev:bob')).length, 2)
    t.false(await one.families.logins.stands(alice))
    t.true(await one.families.logins.stands(bob))
    t.is(await one.families.users.find('dev:alice'), undefined)
    t.not(await world.redis.hget('revocations', 'user:dev:alice'), null, 'the edge knows it too')
    t.true(
      world.lines.some((line) =>
        /"user":"dev:alice","reason":"the access rules changed"/.test(line),
      ),
    )
    await change(two, { gateway: undefined, services: new Map([['memory', []]]) })
    t.deepEqual(await aliveOf(one, 'dev:bob'), ['echo'])
    t.true(await one.families.logins.stands(bob))
  },
)

test.serial('what somebody disabled has left ends with the next look at everybody', async (t) => {
  await one.access.admit(devUser('ida'), undefined)
  await grantOf(one, 'dev:ida')
  const { login } = await open(one, 'dev:ida')
  await grantOf(one, 'dev:joe')
  // As a store holds it in which the disabling was all that was written.
  await world.redis.hset('users:disabled', 'dev:ida', JSON.stringify({ at: 1, by: 'tester' }))
  await two.access.sweep()
  t.deepEqual(await aliveOf(one, 'dev:ida'), [])
  t.false(await one.families.logins.stands(login))
  t.is((await aliveOf(one, 'dev:joe')).length, 1)
  await one.families.disabledUsers.enable('dev:ida')
})

type Hit = () => Promise<void>
const { grants, logins, codes, users } = one.families

/** Where the rules may change while an approval becomes a code. */
const APPROVING: Readonly<Record<string, (hit: Hit) => Partial<Families>>> = {
  'before the grant': (hit) => ({ grants: before(grants, 'create', hit) }),
  'after the grant': (hit) => ({ logins: before(logins, 'stands', hit) }),
  'before the code': (hit) => ({ codes: before(codes, 'issue', hit) }),
  'after the code': (hit) => ({ codes: after(codes, 'issue', hit) }),
}

function before<Family extends object>(family: Family, verb: keyof Family, hit: Hit): Family {
  const work = family[verb] as (...given: unknown[]) => Promise<unknown>
  return {
    ...family,
    async [verb](...given: unknown[]) {
      await hit()
      return await work(...given)
    },
  }
}

function after<Family extends object>(family: Family, verb: keyof Family, hit: Hit): Family {
  const work = family[verb] as (...given: unknown[]) => Promise<unknown>
  return {
    ...family,
    async [verb](...given: unknown[]) {
      const done = await work(...given)
      await hit()
      return done
    },
  }
}

const NARROWED: AccessSettings = { gateway: undefined, services: new Map([['echo', []]]) }

for (const [when, interrupt] of Object.entries(APPROVING)) {
  for (const [what, settings] of [
    ['eve may not in', dev('alice')],
    ['echo is for nobody', NARROWED],
  ] as const) {
    for (const [where, changer] of [
      ['there', one],
      ['elsewhere', two],
    ] as const) {
      test.serial(
        `an approval, and ${when} a change ${where}: ${what}, and no code buys anything`,
        async (t) => {
          await one.access.admit(devUser('eve'), undefined)
          const { login } = await open(one, 'dev:eve')
          t.true(await one.access.allows('dev:eve', 'echo'))
          let hits = 0
          const hit = async (): Promise<void> => {
            hits += 1
            await change(changer, settings)
          }
          const slow = withFamilies(one, interrupt(hit))
          const access = await grantAccess(slow, {
            interaction: INTERACTION,
            login,
            service: 'echo',
          }).catch(() => undefined)
          // Whoever gave the code reads the same file a moment later, if not yet.
          if (changer !== one) await change(one, settings)
          t.is(hits, 1)
          if (access === undefined) return
          const found = await one.families.codes.find(access.code)
          t.not(found, undefined)
          t.is(found?.grant, undefined)
        },
      )
    }
  }
}

test.serial(
  'without a change the same approval gives a code that is worth something',
  async (t) => {
    await one.access.admit(devUser('eve'), undefined)
    const { login } = await open(one, 'dev:eve')
    const access = await grantAccess(one, { interaction: INTERACTION, login, service: 'echo' })
    t.is((await codes.find(access?.code ?? ''))?.grant?.userId, 'dev:eve')
  },
)

for (const [when, step] of [
  ['before', before],
  ['after', after],
] as const) {
  test.serial(`a login, and ${when} its record a change: the person is not in`, async (t) => {
    const slow = await world.start(OPEN_ACCESS, {
      families: ({ users: real }) => ({
        users: step(real, 'record', () => change(slow, dev('alice'))),
      }),
    })
    t.false(await slow.access.admit(devUser('eve'), undefined))
    t.is(await users.find('dev:eve'), undefined)
  })
}

test.serial(
  'of a stranger nothing is kept, and what they had before ends at their login',
  async (t) => {
    await change(one, rules(gitHub('octocat')))
    const emptied = await world.dump()
    t.false(await admit(one, member('666', { name: 'stranger' }), 'a token of theirs'))
    const held = await world.dump()
    t.false(held.includes('stranger'))
    t.false(held.includes('666') && !emptied.includes('666'))
    await grantOf(one, 'github:666')
    t.false(await admit(one, member('666', { name: 'stranger' })))
    t.deepEqual(await aliveOf(one, 'github:666'), [])
  },
)

test.serial('a login is one person’s from the first match on, in every process', async (t) => {
  for (const { live } of [one, two]) {
    await live.change({ access: rules(gitHub('octocat'), gitHub('hubot')) })
  }
  t.true(await admit(one, member('1', { name: 'Octocat' })))
  t.true(await admit(two, member('2', { name: 'hubot' })))
  t.true(await admit(two, member('1', { name: 'renamed' })))
  t.false(await admit(two, member('3', { name: 'octocat' })), 'who takes the name is a stranger')
  t.true(await admit(one, member('1', { name: 'hubot' })))
  t.true(await admit(two, member('2', { name: 'octocat' })), 'swapped names are nobody’s loss')
  await change(one, rules(gitHub('hubot')))
  t.false(await admit(one, member('1', { name: 'hubot' })), 'each has what was meant for it')
  t.true(await admit(one, member('2', { name: 'octocat' })))
})

test.serial('of two that claim one login at once one is in', async (t) => {
  for (const { live } of [one, two]) await live.change({ access: rules(gitHub('contested')) })
  const claims = Array.from({ length: 20 }, (_, index) =>
    admit(index % 2 === 0 ? one : two, member(`c${index}`, { name: 'contested' })),
  )
  t.is((await Promise.all(claims)).filter((isIn) => isIn).length, 1)
})

test.serial('a rule that is taken away and written again is bound anew', async (t) => {
  await change(one, rules(gitHub('anew')))
  t.true(await admit(one, member('a1', { name: 'anew' })))
  await change(one, rules(gitHub('other')))
  await change(one, rules(gitHub('anew')))
  t.true(await admit(one, member('a2', { name: 'anew' })))
  t.false(await admit(one, member('a1', { name: 'was-anew' })))
})

test.serial('a name is not bound by what a person was called more than a day ago', async (t) => {
  await change(one, rules({ kind: 'everyone' }))
  t.true(await admit(one, member('old', { name: 'wanderer' })))
  world.pass(86_401)
  await change(one, rules(gitHub('wanderer')))
  t.false(await one.access.allows('github:old', 'echo'))
  t.true(await admit(one, member('young', { name: 'wanderer' })))
})

test.serial(
  'a rule about facts that nobody asked for ends what it is not known to allow',
  async (t) => {
    await change(one, rules({ kind: 'everyone' }))
    t.true(await admit(one, member('m', { organizations: undefined })))
    await grantOf(one, 'github:m')
    await change(one, rules(OCTOCATS))
    t.deepEqual(await aliveOf(one, 'github:m'), [])
    t.true(await admit(one, member('m'), 'a token'), 'a new login tells')
    t.deepEqual(github.readings, [], 'a sweep asks nobody')
  },
)

test.serial(
  'whose provider was taken away has nothing left, and may not in by id either',
  async (t) => {
    await change(one, OPEN_ACCESS)
    t.true(await admit(one, member('gone')))
    await grantOf(one, 'github:gone')
    for (const settings of [OPEN_ACCESS, rules({ kind: 'everyone' })]) {
      await grantOf(one, 'github:gone')
      const without = await world.start(settings)
      t.false(await without.access.allows('github:gone', 'echo'))
      t.deepEqual(await aliveOf(one, 'github:gone'), [])
    }
    t.true(await admit(one, member('gone')))
    await grantOf(one, 'github:gone')
    await (await world.start(OPEN_ACCESS)).access.sweep()
    t.deepEqual(await aliveOf(one, 'github:gone'), [])
  },
)

test.serial(
  'many people are swept in pieces, by two processes at once, and once more',
  async (t) => {
    const names = Array.from({ length: 300 }, (_, index) => `crowd-${index}`)
    for (const name of names) {
      await one.access.admit(devUser(name), undefined)
      await grantOf(one, `dev:${name}`)
    }
    const kept = names.filter((_, index) => index % 3 === 0)
    await Promise.all([one, two].map((process) => change(process, dev(...kept))))
    await one.access.sweep()
    const alive = []
    for (const name of names) if ((await aliveOf(one, `dev:${name}`)).length > 0) alive.push(name)
    t.deepEqual(alive, kept)
  },
)

test.serial('without any rule nothing is asked of the store', async (t) => {
  const isOpen = await world.start(OPEN_ACCESS, {
    families: ({ users: real, accessBindings }) => ({
      users: { ...real, find: () => Promise.reject(new Error('asked')) },
      accessBindings: { ...accessBindings, all: () => Promise.reject(new Error('asked')) },
    }),
  })
  t.true(await isOpen.access.allows('dev:anybody', 'echo'))
  t.false(await isOpen.access.allows('dev:anybody', 'no-such-service'))
})
