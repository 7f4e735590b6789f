import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import type { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import { Sessions } from '../../../mcp-bridge/sessions.ts'

const OWNER = { user: 'dev:ann', client: 'client', service: 'svc' }
const CALLER = { ...OWNER, grantId: '1-grant' }

function setUp({ open }: { open?: () => Promise<void> } = {}) {
  let now = 0
  const asked: string[] = []
  const sessions = new Sessions({
    records: {
      open(id, { revision }) {
        asked.push(`open ${id} ${revision}`)
        return open?.() ?? Promise.resolve()
      },
      find: () => Promise.resolve(undefined),
      touch(id) {
        asked.push(`touch ${id}`)
        return Promise.resolve(true)
      },
      end(id) {
        asked.push(`end ${id}`)
        return Promise.resolve()
      },
    },
    timeoutMs: 40_000,
    instance: 'here.1',
    clock: () => now,
    log: createLog('test', 'error'),
  })
  const session = { id: 'one', owner: OWNER, revision: '2025-06-18', isBusy: false, end: () => {} }
  const wait = (ms: number): void => {
    now += ms
  }
  return { sessions, session, asked, wait, seat: sessions.reserve(OWNER) }
}

test('what was announced is written once, and open waits for it', async (t) => {
  const written = Promise.withResolvers<void>()
  const { sessions, session, asked, seat } = setUp({ open: () => written.promise })
  sessions.announce(session, '2025-06-18')
  let isOpen = false
  const opening = sessions.open(session, seat, CALLER.grantId).then(() => {
    isOpen = true
  })
  await new Promise(setImmediate)
  t.false(isOpen)
  t.false(sessions.has('one', CALLER), 'nobody finds it before its record is there')
  written.resolve()
  await opening
  t.deepEqual(asked, ['open one 2025-06-18'])
  t.true(sessions.has('one', CALLER))
  await sessions.endAll()
})

test('a server that settles on another revision has it in the record', async (t) => {
  const { sessions, session, asked, seat } = setUp()
  sessions.announce(session, '2025-11-25')
  await sessions.open(session, seat, CALLER.grantId)
  t.deepEqual(asked, ['open one 2025-11-25', 'open one 2025-06-18'])
  await sessions.endAll()
})

test('a record whose server took long begins its life anew, others live from when they were written', async (t) => {
  const { sessions, session, asked, wait, seat } = setUp()
  sessions.announce(session, '2025-06-18')
  wait(9000)
  await sessions.open(session, seat, CALLER.grantId)
  wait(1000)
  sessions.find('one', CALLER)
  t.deepEqual(asked, ['open one 2025-06-18', 'touch one'], 'a quarter of its life has passed')
  sessions.end('one')

  const late = { ...session, id: 'late' }
  sessions.announce(late, '2025-06-18')
  wait(10_000)
  await sessions.open(late, sessions.reserve(OWNER), CALLER.grantId)
  t.deepEqual(asked.slice(2), ['end one', 'open late 2025-06-18', 'open late 2025-06-18'])
  await sessions.endAll()
})

test('what ends instead of being opened leaves no record', async (t) => {
  const { sessions, session, asked } = setUp()
  sessions.end('one')
  t.deepEqual(asked, [])
  sessions.announce(session, '2025-06-18')
  sessions.end('one')
  sessions.end('one')
  t.deepEqual(asked, ['open one 2025-06-18', 'end one'])
  sessions.announce({ ...session, id: 'two' }, '2025-06-18')
  await sessions.endAll()
  t.is(asked.at(-1), 'end two')
})

test('a store that does not take it fails the opening, not the process', async (t) => {
  const down = new Error('down')
  const { sessions, session, seat } = setUp({ open: () => Promise.reject(down) })
  sessions.announce(session, '2025-06-18')
  await new Promise(setImmediate)
  const fault = await t.throwsAsync<RpcFault>(sessions.open(session, seat, CALLER.grantId))
  t.is(fault?.status, 503)
  t.is(fault?.cause, down)
  t.false(sessions.has('one', CALLER))
  await sessions.endAll()
})
