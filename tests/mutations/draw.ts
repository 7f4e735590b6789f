/**
 * `node tests/mutations/draw.ts [COUNT] [SEED]`: proved rows that no mutation is about yet, drawn at random. The same
 * seed draws the same rows as long as rows and mutations are the same.
 */

import { CHECKLISTS } from '../conformance/rows.ts'
import { MUTATIONS } from './mutations.ts'

const [count = '20', seed = String(Date.now())] = process.argv.slice(2)
const mutated = new Set(MUTATIONS.map(({ noticedBy }) => noticedBy))
const rows = Object.values(CHECKLISTS)
  .flatMap((checklist) => Object.entries(checklist))
  .filter(([, { proved = [] }]) => proved.length > 0 && !proved.some((id) => mutated.has(id)))

/** Numbers from 0 to below 1, as mulberry32 makes them of a seed. */
function createRandom(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = createRandom(Number(seed))
console.log(`seed ${seed}: ${count} of ${rows.length} rows that no mutation is about`)
for (let drawn = 0; drawn < Number(count) && rows.length > 0; drawn += 1) {
  const [row] = rows.splice(Math.floor(random() * rows.length), 1)
  console.log(`${row?.[0]}: ${row?.[1].asks} (${row?.[1].proved?.join(', ')})`)
}
