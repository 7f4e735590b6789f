import test from 'ava'
import { OWNED_PER_PERSON_MAX } from '../../../../mcp-bridge/limits.ts'
import { Ownership } from '../../../../mcp-bridge/runner/ownership.ts'
import type { ProcessUser } from '../../../../mcp-bridge/runner/process-user.ts'

const session = (userId: string): ProcessUser => ({
  userId,
  isCongested: false,
  deliver: () => {},
  processEnded: () => {},
})

test('what a session made is of its person, also when the session has ended', (t) => {
  const owned = new Ownership()
  const [ann, annToo, bob] = [session('ann'), session('ann'), session('bob')]
  owned.note('task', ann)
  t.deepEqual(
    [ann, annToo, bob].map((one) => owned.isOf('task', one)),
    [true, true, false],
  )
  t.is(owned.userOf('task'), ann)
  owned.left(ann)
  t.is(owned.userOf('task'), undefined)
  t.true(owned.isOf('task', annToo))
})

test('a server that repeats an id does not hand it to another person', (t) => {
  const owned = new Ownership()
  const [ann, bob] = [session('ann'), session('bob')]
  owned.note('task', ann)
  owned.note('task', bob)
  t.true(owned.isOf('task', ann))
  t.false(owned.isOf('task', bob))
})

test('many of one person push out none of another', (t) => {
  const owned = new Ownership()
  const [ann, bob] = [session('ann'), session('bob')]
  owned.note('hers', ann)
  for (let n = 0; n <= OWNED_PER_PERSON_MAX; n += 1) owned.note(`his ${n}`, bob)
  t.true(owned.isOf('hers', ann))
  t.false(owned.isOf('his 0', bob))
  t.true(owned.isOf(`his ${OWNED_PER_PERSON_MAX}`, bob))
})

for (const id of [undefined, null, 7, {}, 'x'.repeat(5000)]) {
  test(`${JSON.stringify(id)?.slice(0, 20)} names nothing`, (t) => {
    const owned = new Ownership()
    const ann = session('ann')
    owned.note(id, ann)
    t.false(owned.isOf(id, ann))
  })
}
