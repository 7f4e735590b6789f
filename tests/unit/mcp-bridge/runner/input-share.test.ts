import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import {
  UNSENT_BYTES_PER_USER_MAX,
  UNSENT_SHARE_BYTES,
  UNSENT_TOTAL_BYTES_MAX,
} from '../../../../mcp-bridge/limits.ts'
import { InputShare } from '../../../../mcp-bridge/runner/input-share.ts'
import { Unread } from '../../../../mcp-bridge/unread.ts'

/** Servers of whoever is named, none of which reads. */
function setUp() {
  const unread = new Unread()
  const start = (first: string) => {
    let holder = first
    const child = { unreadBytes: 0 }
    const share = new InputShare({ unread, holder: () => holder }, child)
    return {
      share,
      child,
      send(bytes: number): void {
        share.assertRoomFor(bytes)
        child.unreadBytes += bytes
        share.recount()
      },
      handTo(next: string): void {
        holder = next
      },
    }
  }
  return { start }
}

const SERVERS = 4
const PART = UNSENT_BYTES_PER_USER_MAX / SERVERS

test('what the servers of one person do not read counts together, and nobody else is touched', (t) => {
  const { start } = setUp()
  const anns = Array.from({ length: SERVERS }, () => start('ann'))
  for (const { send } of anns) send(PART)
  // One of the largest messages may go beyond it.
  start('ann').send(PART)
  const fault = t.throws(() => start('ann').send(PART), { instanceOf: RpcFault })
  t.is(fault?.status, 503)
  t.regex(fault?.message ?? '', /too much waits for servers that do not read/)
  t.throws(() => anns[0]?.send(UNSENT_SHARE_BYTES), { instanceOf: RpcFault })
  t.notThrows(() => start('ann').send(UNSENT_SHARE_BYTES), 'a little may wait for each')
  t.notThrows(() => start('ben').send(PART))
})

test('what was read meanwhile, and what has ended, makes room', (t) => {
  const { start } = setUp()
  const [one, two, three] = [start('ann'), start('ann'), start('ann')]
  one.send(UNSENT_BYTES_PER_USER_MAX)
  two.send(UNSENT_BYTES_PER_USER_MAX + 1)
  t.throws(() => three.send(PART))
  one.child.unreadBytes = 0
  t.throws(() => three.send(PART))
  two.share.end()
  t.notThrows(() => three.send(PART))
  t.is(one.share.bytes, 0)
  t.is(two.share.bytes, 0)
})

test('it is given back to whom it was taken from', (t) => {
  const { start } = setUp()
  const [spare, other] = [start('nobody'), start('nobody')]
  spare.send(UNSENT_BYTES_PER_USER_MAX + 1)
  spare.handTo('ann')
  t.throws(() => other.send(PART))
  spare.child.unreadBytes = 0
  t.notThrows(() => other.send(PART))
  spare.send(UNSENT_BYTES_PER_USER_MAX + 1)
  t.throws(() => start('ann').send(PART))
})

test('where all is full a little may still wait for each', (t) => {
  const { start } = setUp()
  for (let n = 0; n < UNSENT_TOTAL_BYTES_MAX / UNSENT_BYTES_PER_USER_MAX; n += 1) {
    start(`user ${n}`).send(UNSENT_BYTES_PER_USER_MAX)
  }
  t.throws(() => start('ann').send(UNSENT_SHARE_BYTES + 1))
  t.notThrows(() => start('ann').send(UNSENT_SHARE_BYTES))
})
