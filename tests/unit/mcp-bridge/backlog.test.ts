import test from 'ava'
import { Backlog } from '../../../mcp-bridge/backlog.ts'
import { CONGESTED_BYTES, UNSENT_BYTES_MAX } from '../../../mcp-bridge/limits.ts'
import { Unread } from '../../../mcp-bridge/unread.ts'

function setUp() {
  let relieved = 0
  const backlog = new Backlog(new Unread(), 'dev:ann', () => {
    relieved += 1
  })
  return { backlog, relieved: () => relieved }
}

test('all streams of a session count together', (t) => {
  const { backlog, relieved } = setUp()
  const [one, two] = [{ unsent: 0 }, { unsent: 0 }]
  for (const queue of [one, two]) backlog.add(queue)
  one.unsent = CONGESTED_BYTES
  backlog.grown()
  t.false(backlog.isCongested)
  two.unsent = 1
  backlog.grown()
  t.true(backlog.isCongested)
  t.false(backlog.isFull)
  two.unsent = UNSENT_BYTES_MAX
  backlog.grown()
  t.true(backlog.isFull)
  two.unsent = 1
  backlog.shrunk()
  t.true(backlog.isCongested, 'it is still too much')
  t.is(relieved(), 0)
  two.unsent = 0
  backlog.shrunk()
  backlog.shrunk()
  t.false(backlog.isCongested)
  t.is(relieved(), 1, 'told once')
})

test('a stream that has ended counts no more', (t) => {
  const { backlog, relieved } = setUp()
  const one = { unsent: 2 * CONGESTED_BYTES }
  backlog.add(one)
  backlog.grown()
  t.true(backlog.isCongested)
  backlog.remove(one)
  t.false(backlog.isCongested)
  t.is(relieved(), 1)
})
