import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import { type Session, SessionNotHere, Sessions } from '../../../mcp-bridge/sessions.ts'

const OWNER = { user: 'dev:ann', client: 'client', service: 'svc' }
const CALLER = { ...OWNER, grantId: '1-grant' }

function setUp() {
  let now = 0
  const sessions = new Sessions<Session & { readonly isStanding?: true }>({
    records: {
      open: () => Promise.resolve(),
      find: () => Promise.resolve(undefined),
      touch: () => Promise.resolve(true),
      end: () => Promise.resolve(),
    },
    timeoutMs: 2 ** 30,
    instance: 'here.1',
    clock: () => now,
    log: createLog('test', 'error'),
  })
  const open = async (id: string, isStanding: boolean) => {
    let isOver = false
    const session = {
      id,
      owner: OWNER,
      revision: '2025-11-25',
      isBusy: false,
      ...(isStanding && { isStanding: true as const }),
      end: () => {
        isOver = true
      },
    }
    await sessions.open(session, sessions.reserve(OWNER), CALLER.grantId)
    return { isOver: () => isOver }
  }
  const wait = (ms: number): void => {
    now += ms
  }
  return { sessions, open, wait }
}

test('no client finds a standing session, though it is its own and it knows the id', async (t) => {
  const { sessions, open } = setUp()
  await open('named', false)
  await open('standing', true)
  t.is(sessions.find('named', CALLER).id, 'named')
  t.throws(() => sessions.find('standing', CALLER), { instanceOf: SessionNotHere })
  t.true(sessions.has('named', CALLER))
  t.false(sessions.has('standing', CALLER))
  await sessions.endAll()
})

test('a standing session ends as others do, and not while it is used', async (t) => {
  const { sessions, open, wait } = setUp()
  const [one, two] = [await open('one', true), await open('two', true)]
  wait(61_000)
  sessions.use('two', { ...CALLER, grantId: '2-grant' })
  sessions.giveWay(OWNER.user)
  sessions.giveWay(OWNER.user)
  t.deepEqual([one.isOver(), two.isOver()], [true, false])
  sessions.endWhere((_, grantId) => grantId === CALLER.grantId)
  t.false(two.isOver(), 'another login has taken it over')
  sessions.endOfService(OWNER.service)
  t.true(two.isOver())
  sessions.use('two', CALLER)
  await sessions.endAll()
})
