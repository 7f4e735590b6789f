import test from 'ava'
import { findProofs } from '../../docs/generate/requirements.ts'
import { REQUIREMENTS, type Requirement } from '../conformance/requirements.ts'
import { CHECKLISTS } from '../conformance/rows.ts'

const cited = findProofs()
const all: [string, Requirement][] = Object.entries(REQUIREMENTS)

test('every requirement is proved by a test or says why not', (t) => {
  const unproved = all.filter(([id, { deferred }]) => !cited.has(id) && deferred === undefined)
  t.deepEqual(unproved, [])
})

test('no requirement is both deferred and proved', (t) => {
  t.deepEqual(
    all.filter(([id, { deferred }]) => cited.has(id) && deferred !== undefined),
    [],
  )
})

/** How far each numbered checklist goes. */
const LAST = { AS: 27, RS: 15, TR: 12, O: 26, D: 10, M: 10, V: 10, N: 178, F: 52 }

test('no row of a numbered checklist is left out', (t) => {
  const rows = new Set(Object.values(CHECKLISTS).flatMap((checklist) => Object.keys(checklist)))
  const missing = Object.entries(LAST).flatMap(([list, last]) =>
    Array.from({ length: last }, (_, index) => index + 1)
      // Of the attacks every third one is known to nobody here.
      .filter((number) => list !== 'N' || number % 3 !== 0)
      .map((number) => `${list}-${String(number).padStart(2, '0')}`)
      .filter((id) => !rows.has(id)),
  )
  t.deepEqual(missing, [])
})

test('a row stands in one checklist, and is proved, or overruled or deferred with a reason', (t) => {
  const rows = Object.values(CHECKLISTS).flatMap((checklist) => Object.entries(checklist))
  t.is(new Set(rows.map(([id]) => id)).size, rows.length)
  const open = rows.filter(
    ([, { proved = [], superseded, deferred }]) =>
      proved.length === 0 && superseded === undefined && deferred === undefined,
  )
  t.deepEqual(open, [])
})
