import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { findProofs } from '../../docs/generate/requirements.ts'
import { REQUIREMENTS } from '../conformance/requirements.ts'
import { CHECKLISTS } from '../conformance/rows.ts'
import { changesOf } from '../mutations/mutation.ts'
import { MUTATIONS } from '../mutations/mutations.ts'

const cited = findProofs()
const read = (file: string): string =>
  readFileSync(join(import.meta.dirname, '../..', file), 'utf8')

test('every requirement is proved by a test', (t) => {
  t.deepEqual(
    Object.keys(REQUIREMENTS).filter((id) => !cited.has(id)),
    [],
  )
})

test('each mutation fits the code, and its test proves what has to notice', (t) => {
  for (const mutation of MUTATIONS) {
    for (const { file, from } of changesOf(mutation)) {
      t.is(read(file).split(from).length, 2, `${file}: ${from}`)
    }
    const { noticedBy, test: proof } = mutation
    const isCited = cited.get(noticedBy)?.includes(proof) ?? false
    t.true(isCited || read(proof).includes(noticedBy), `${noticedBy} in ${proof}`)
  }
  t.is(new Set(MUTATIONS.map(({ takesOut }) => takesOut)).size, MUTATIONS.length)
})

/** How far each numbered checklist goes. */
const LAST = {
  ...{ AS: 27, RS: 15, TR: 12, O: 26, D: 10, M: 10, V: 10, N: 178, F: 52 },
  ...{ R: 13, S: 6, C: 19, E: 14 },
}

test('no row of a numbered checklist is left out', (t) => {
  const rows = new Set(Object.values(CHECKLISTS).flatMap((checklist) => Object.keys(checklist)))
  const missing = Object.entries(LAST).flatMap(([list, last]) =>
    Array.from({ length: last }, (_, index) => index + 1)
      // Of the attacks every third number is kept out of the list.
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
