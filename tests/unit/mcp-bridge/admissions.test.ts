import test, { type ExecutionContext } from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import type { Presented, RevocationAnswer } from '../../../lib/store/revocation.ts'
import type { Admission } from '../../../mcp-bridge/admission.ts'
import { Admissions } from '../../../mcp-bridge/admissions.ts'
import type { SessionOwner } from '../../../mcp-bridge/sessions.ts'

const START = 1_000_000_000
const ANN = 'dev:ann'

interface Held {
  readonly owner: SessionOwner
  readonly grantId: string
}

/** A replica that knows what the test tells it, a clock that the test turns, sessions that are noted. */
function setUp(t: ExecutionContext) {
  let now = START
  let isFresh = true
  let notBefore = 0
  let sessions: Held[] = []
  const revoked = new Set<string>()
  const listeners = new Set<() => void>()
  const asked: Presented[] = []
  const cut: string[] = []
  const lines: string[] = []
  const judge = (presented: Presented): RevocationAnswer | undefined => {
    asked.push(presented)
    const { tokenId, grantId, clientId, userId, issuedAt } = presented
    const named = { token: tokenId, grant: grantId, client: clientId, user: userId }
    if (issuedAt < notBefore) return { revoked: true, by: 'epoch' }
    for (const by of ['token', 'grant', 'client', 'user'] as const) {
      if (revoked.has(`${by}:${named[by]}`)) return { revoked: true, by }
    }
    return isFresh ? { revoked: false } : undefined
  }
  const admissions = new Admissions({
    replica: {
      judge,
      onChange(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    sessions: {
      endWhere(isOver) {
        sessions = sessions.filter(({ owner, grantId }) => !isOver(owner, grantId))
      },
    },
    clock: () => now,
    log: createLog('test', 'info', { write: (line: string) => void lines.push(line) }),
  })
  t.teardown(() => admissions.stop())
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  return {
    admissions,
    asked,
    listeners,
    cut,
    lines,
    enter(name: string, more: { user?: string; listens?: boolean; expiresInMs?: number } = {}) {
      const { user = ANN, listens = false, expiresInMs = 3_600_000 } = more
      const identity = {
        userId: user,
        userName: '',
        clientId: `client of ${user}`,
        scopes: [],
        grantId: `grant of ${user}`,
        tokenId: `token of ${name}`,
        expiresAt: (now + expiresInMs) / 1000,
      }
      return admissions.enter({ identity, listens, cut: () => void cut.push(name) })
    },
    hold(user: string) {
      const owner = { user, client: `client of ${user}`, service: 'svc' }
      sessions.push({ owner, grantId: `grant of ${user}` })
    },
    sessions: () => sessions.map(({ owner }) => owner.user),
    revoke(...members: string[]) {
      for (const member of members) revoked.add(member)
      tell()
    },
    startEpochAt(seconds: number) {
      notBefore = seconds
      tell()
    },
    setFresh(fresh: boolean) {
      isFresh = fresh
    },
    tell,
    pass(ms: number) {
      now += ms
      admissions.sweep()
    },
  }
}

const reasonOf = ({ withdrawal }: Admission): unknown => withdrawal?.options.data?.['reason']

for (const by of ['grant', 'client', 'user'] as const) {
  test(`a revoked ${by} loses its exchanges and sessions at once, nobody else theirs`, (t) => {
    const { enter, hold, sessions, revoke } = setUp(t)
    hold(ANN)
    hold('dev:bob')
    const [one, two] = [enter('one'), enter('two')]
    const other = enter('other', { user: 'dev:bob' })
    const ended: string[] = []
    one.endBy(({ message }) => void ended.push(message))
    revoke(`${by}:${by === 'user' ? ANN : `${by} of ${ANN}`}`)
    t.deepEqual([one, two, other].map(reasonOf), [`revoked ${by}`, `revoked ${by}`, undefined])
    t.is(ended.length, 1)
    t.deepEqual(sessions(), ['dev:bob'])
    t.throws(() => two.assertStands(), { message: /the gateway ended this request/ })
    t.notThrows(() => other.assertStands())
  })
}

test('a revoked token ends what was opened with it; the session goes on', (t) => {
  const { enter, hold, sessions, revoke } = setUp(t)
  hold(ANN)
  const [one, two] = [enter('one'), enter('two')]
  revoke('token:token of one')
  t.deepEqual([one, two].map(reasonOf), ['revoked token', undefined])
  t.deepEqual(sessions(), [ANN])
})

test('a session ends with its grant even if the token it was used with was revoked before', (t) => {
  const { hold, sessions, revoke, pass } = setUp(t)
  hold(ANN)
  revoke('token:token of one')
  t.deepEqual(sessions(), [ANN])
  pass(1000)
  revoke(`grant:grant of ${ANN}`)
  t.deepEqual(sessions(), [])
})

test('whoever was revoked before they came is refused when they come', (t) => {
  const { enter, revoke } = setUp(t)
  revoke(`user:${ANN}`)
  t.is(reasonOf(enter('late')), 'revoked user')
})

test('a new epoch ends what began before it, and no session', (t) => {
  const { enter, hold, sessions, startEpochAt, pass } = setUp(t)
  hold(ANN)
  const before = enter('before')
  startEpochAt(START / 1000 + 1)
  t.is(reasonOf(before), 'revoked epoch')
  t.deepEqual(sessions(), [ANN])
  pass(1000)
  t.is(reasonOf(enter('after')), undefined)
})

test('while nobody knows nothing ends; what was revoked meanwhile ends as soon as it is known', (t) => {
  const { enter, setFresh, revoke, pass, hold, sessions, asked } = setUp(t)
  setFresh(false)
  hold(ANN)
  const one = enter('one')
  pass(60_000)
  t.is(reasonOf(one), undefined)
  // Known again without any word of a change, e.g. by a heartbeat alone.
  setFresh(true)
  pass(1000)
  const before = asked.length
  pass(1000)
  t.is(asked.length, before, 'then nobody is looked at for nothing')
  revoke(`grant:grant of ${ANN}`)
  t.is(reasonOf(one), 'revoked grant')
  t.deepEqual(sessions(), [])
})

test('a storm of revocations costs one look a second', (t) => {
  const { enter, revoke, pass, asked } = setUp(t)
  const admissions = Array.from({ length: 10 }, (_, n) => enter(`${n}`))
  pass(1000)
  const before = asked.length
  for (let n = 0; n < 10; n += 1) revoke(`token:token of ${n}`)
  t.is(asked.length - before, 0, 'the second before had one')
  pass(1000)
  t.is(asked.length - before, 10)
  t.true(admissions.every((one) => reasonOf(one) === 'revoked token'))
})

test('a listening stream ends when the edge would not let its token in again, a call may finish', (t) => {
  const { enter, pass } = setUp(t)
  const [stream, call] = [true, false].map((listens) =>
    enter('one', { listens, expiresInMs: 10_000 }),
  ) as [Admission, Admission]
  pass(14_999)
  t.is(reasonOf(stream), undefined)
  pass(1)
  t.deepEqual([stream, call].map(reasonOf), ['expired', undefined])
  pass(3_600_000)
  t.is(reasonOf(call), undefined)
})

test('ending happens once, and one that fails keeps no other from it', (t) => {
  const { enter, revoke, lines } = setUp(t)
  const [bad, good] = [enter('bad'), enter('good')]
  let count = 0
  bad.endBy(() => {
    throw new Error('cannot')
  })
  good.endBy(() => {
    count += 1
  })
  revoke(`grant:grant of ${ANN}`)
  revoke(`user:${ANN}`)
  t.is(count, 1)
  t.is(reasonOf(good), 'revoked grant')
  t.regex(lines.join(''), /an exchange could not be ended/)
})

test('who does not read the end is cut off, within five seconds of the revocation', (t) => {
  const world = setUp(t)
  const [slow, gone] = [world.enter('slow'), world.enter('gone')]
  slow.endBy(slow.hold())
  world.revoke(`user:${ANN}`)
  gone.clientLeft()
  world.pass(1000)
  t.deepEqual(world.cut, [])
  world.pass(1000)
  t.deepEqual(world.cut, ['slow'])
  slow.clientLeft()
  world.pass(1000)
  t.deepEqual(world.cut, ['slow'])
})

test('a call whose client has left is still ended; a finished one is forgotten', (t) => {
  const { enter, revoke } = setUp(t)
  const [held, left, done, read] = [enter('held'), enter('left'), enter('done'), enter('read')]
  held.hold()
  const finish = done.hold()
  read.hold()()
  for (const one of [held, left, done, read]) one.clientLeft()
  finish()
  revoke(`user:${ANN}`)
  t.deepEqual([held, left, done, read].map(reasonOf), ['revoked user', ...Array(3)])
})

test('it no longer follows once it has stopped', (t) => {
  const { admissions, listeners } = setUp(t)
  t.is(listeners.size, 1)
  admissions.stop()
  t.is(listeners.size, 0)
})
