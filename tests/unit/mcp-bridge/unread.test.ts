import test from 'ava'
import { Backlog } from '../../../mcp-bridge/backlog.ts'
import {
  UNSENT_BYTES_PER_USER_MAX,
  UNSENT_SHARE_BYTES,
  UNSENT_TOTAL_BYTES_MAX,
} from '../../../mcp-bridge/limits.ts'
import { Unread } from '../../../mcp-bridge/unread.ts'

/** Sessions of whoever is named, each with one stream. */
function setUp() {
  const unread = new Unread()
  const begin = (user: string) => {
    const backlog = new Backlog(unread, user, () => {})
    const queue = { unsent: 0 }
    backlog.add(queue)
    const wait = (bytes: number): void => {
      queue.unsent += bytes
      backlog.grown()
    }
    return { backlog, queue, wait, leave: () => backlog.remove(queue) }
  }
  return { begin }
}

const SESSIONS = 8

test('all sessions of a person count together, and nobody else is touched', (t) => {
  const { begin } = setUp()
  const anns = Array.from({ length: SESSIONS }, () => begin('ann'))
  for (const { wait } of anns) wait(UNSENT_BYTES_PER_USER_MAX / SESSIONS)
  t.false(anns[0]?.backlog.isFull)
  anns[0]?.wait(1)
  for (const { backlog } of [...anns, begin('ann')]) t.true(backlog.isFull)
  t.true(begin('ben').backlog.hasRoomFor(UNSENT_BYTES_PER_USER_MAX))
  anns[1]?.leave()
  t.false(begin('ann').backlog.isFull)
})

test('what was read meanwhile is counted before anybody is told that there is no room', (t) => {
  const { begin } = setUp()
  const [one, two] = [begin('ann'), begin('ann')]
  one.wait(UNSENT_BYTES_PER_USER_MAX + 1)
  t.true(two.backlog.isFull)
  one.queue.unsent = 0
  t.false(two.backlog.isFull)
})

test('where all is full a little may still wait for each', (t) => {
  const { begin } = setUp()
  for (let n = 0; n < UNSENT_TOTAL_BYTES_MAX / UNSENT_BYTES_PER_USER_MAX; n += 1) {
    begin(`user ${n}`).wait(UNSENT_BYTES_PER_USER_MAX)
  }
  const { backlog, wait } = begin('ann')
  t.true(backlog.hasRoomFor(UNSENT_SHARE_BYTES))
  t.false(backlog.hasRoomFor(UNSENT_SHARE_BYTES + 1))
  wait(UNSENT_SHARE_BYTES)
  t.false(backlog.hasRoomFor(1))
})
