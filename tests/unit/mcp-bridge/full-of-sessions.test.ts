/** A bridge that has all the sessions it may have. */

import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import {
  GIVES_WAY_AFTER_MS,
  SESSIONS_MAX,
  SESSIONS_PER_USER_MAX,
} from '../../../mcp-bridge/limits.ts'
import { type Session, Sessions } from '../../../mcp-bridge/sessions.ts'

/** As few people as can take all of it. */
async function setUp() {
  let now = 0
  const sessions = new Sessions<Session>({
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
  const ended: string[] = []
  const busy = new Set<string>()
  const open = async (user: string, id: string): Promise<void> => {
    const owner = { user, client: 'client', service: 'svc' }
    const seat = sessions.reserve(owner)
    const session = {
      id,
      owner,
      revision: '2025-11-25',
      get isBusy() {
        return busy.has(id)
      },
      end: () => void ended.push(id),
    }
    await sessions.open(session, seat, 'grant')
  }
  for (let user = 0; user < SESSIONS_MAX / SESSIONS_PER_USER_MAX; user += 1) {
    for (let n = 0; n < SESSIONS_PER_USER_MAX; n += 1) await open(`user${user}`, `${user}.${n}`)
  }
  const use = (id: string): void => {
    const user = `user${id.split('.')[0]}`
    sessions.find(id, { user, client: 'client', service: 'svc', grantId: 'grant' })
  }
  const wait = (ms: number): void => {
    now += ms
  }
  return { sessions, ended, busy, open, use, wait }
}

test('while all are in use whoever comes next waits', async (t) => {
  const { sessions, ended, open } = await setUp()
  const fault = await t.throwsAsync(open('late', 'late'), { instanceOf: RpcFault })
  t.is(fault?.status, 503)
  t.deepEqual(ended, [])
  await sessions.endAll()
})

test('what a few have left behind keeps out nobody, and nobody who uses theirs is touched', async (t) => {
  const { sessions, ended, busy, open, use, wait } = await setUp()
  wait(GIVES_WAY_AFTER_MS - 1)
  for (let n = 0; n < SESSIONS_PER_USER_MAX; n += 1) {
    for (const user of [0, 1, 2, 3]) use(`${user}.${n}`)
    for (const user of [4, 5, 6]) busy.add(`${user}.${n}`)
  }
  use('7.0')
  wait(1)
  await open('late', 'late 1')
  t.deepEqual(ended, ['7.1'])
  await open('later', 'later 1')
  t.deepEqual(ended, ['7.1', '7.2'])
  t.true(sessions.has('late 1', { user: 'late', client: 'client', service: 'svc', grantId: '' }))
  await sessions.endAll()
})
