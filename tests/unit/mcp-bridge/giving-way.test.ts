import test from 'ava'
import { whatGivesWay } from '../../../mcp-bridge/giving-way.ts'

const COUNTS: Record<string, number> = { ann: 3, ben: 3, cid: 1, dan: 1 }
const countOf = (user: string): number => COUNTS[user] ?? 0

const of = (user: string, usedAt: number) => ({ user, usedAt })

test('whoever has most gives way, with what was unused longest', (t) => {
  const unused = [of('cid', 1), of('ann', 4), of('ben', 3), of('ann', 5)]
  t.deepEqual(whatGivesWay(unused, countOf, 'eve'), of('ben', 3))
  t.deepEqual(whatGivesWay(unused, countOf, undefined), of('ben', 3))
})

test('who uses all of theirs gives nothing: the next who has more does', (t) => {
  t.deepEqual(whatGivesWay([of('cid', 1), of('dan', 2)], countOf, 'eve'), of('cid', 1))
})

test('nobody gives way to one who has as much', (t) => {
  t.is(whatGivesWay([of('ann', 1), of('cid', 1)], countOf, 'ben'), undefined)
  t.is(whatGivesWay([of('cid', 1)], countOf, 'dan'), undefined)
  t.deepEqual(
    whatGivesWay([of('ben', 9), of('ann', 1)], countOf, 'ben'),
    of('ben', 9),
    'but themselves',
  )
})
