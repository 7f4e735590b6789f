import test from 'ava'
import { RpcFault, type RpcResponse } from '../../../../mcp-bridge/json-rpc.ts'
import type { ProcessUser } from '../../../../mcp-bridge/runner/process-user.ts'
import { type Turn, Turns } from '../../../../mcp-bridge/runner/turns.ts'

const user = (userId?: string): ProcessUser => ({
  userId,
  isCongested: false,
  deliver: () => {},
  processEnded: () => {},
})

function queue(fails: readonly number[] = []) {
  const started: number[] = []
  const settled: RpcResponse[] = []
  const turn = (id: number, of = user()): Turn => ({
    user: of,
    call: { id, settle: (response) => void settled.push(response) },
    start: () => {
      if (fails.includes(id)) throw new RpcFault(503, 'internal', 'does not read')
      started.push(id)
    },
  })
  return { turns: new Turns(), turn, started, settled }
}

test('one starts when the one before is over', (t) => {
  const { turns, turn, started } = queue()
  const [one, two, three] = [turn(1), turn(2), turn(3)]
  for (const each of [one, two, three]) turns.enter(each)
  t.deepEqual(started, [1])
  turns.leave(one.call)
  t.deepEqual(started, [1, 2])
  turns.leave(one.call)
  t.deepEqual(started, [1, 2])
  turns.leave(two.call)
  t.deepEqual(started, [1, 2, 3])
})

test('one that leaves while it waits is never started', (t) => {
  const { turns, turn, started } = queue()
  const [one, two, three] = [turn(1), turn(2), turn(3)]
  for (const each of [one, two, three]) turns.enter(each)
  turns.leave(two.call)
  turns.leave(one.call)
  t.deepEqual(started, [1, 3])
})

test('one that cannot start when its turn comes is answered, and the next begins', (t) => {
  const { turns, turn, started, settled } = queue([2])
  const [one, two, three] = [turn(1), turn(2), turn(3)]
  for (const each of [one, two, three]) turns.enter(each)
  turns.leave(one.call)
  t.deepEqual(started, [1, 3])
  t.deepEqual(
    settled.map(({ id }) => id),
    [2],
  )
})

test('one that cannot start at once throws and holds no turn', (t) => {
  const { turns, turn, started } = queue([1])
  t.throws(() => turns.enter(turn(1)), { instanceOf: RpcFault })
  turns.enter(turn(2))
  t.deepEqual(started, [2])
})

test("takes one user's waiting calls and leaves the others", (t) => {
  const { turns, turn, started } = queue()
  const [ann, bob] = [user(), user()]
  const first = turn(1, ann)
  for (const each of [first, turn(2, ann), turn(3, bob)]) turns.enter(each)
  t.deepEqual(
    turns.take((one) => one === ann).map(({ id }) => id),
    [2],
  )
  turns.leave(first.call)
  t.deepEqual(started, [1, 3])
})

test('persons take turns, however much each of them asks', (t) => {
  const { turns, turn, started } = queue()
  const [ann, annToo, bob] = [user('ann'), user('ann'), user('bob')]
  const all = [
    ...[1, 2].map((id) => turn(id, ann)),
    ...[3, 4].map((id) => turn(id, annToo)),
    ...[5, 6].map((id) => turn(id, bob)),
  ]
  for (const each of all) turns.enter(each)
  t.deepEqual([turns.size, turns.countOf('ann'), turns.countOf('bob')], [5, 3, 2])
  for (let n = 0; n < all.length; n += 1) {
    const current = all.find(({ call }) => call.id === started.at(-1))
    if (current !== undefined) turns.leave(current.call)
  }
  t.deepEqual(started, [1, 2, 5, 3, 6, 4], 'those of one person in their order')
  t.deepEqual([turns.size, turns.countOf('ann')], [0, 0])
})
