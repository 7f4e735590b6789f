import { getHeapSpaceStatistics } from 'node:v8'
import test from 'ava'
import { releaseStartUpMemory } from '../../../../lib/platform/release-memory.ts'

function oldSpaceBytes(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_size ?? 0
  )
}

/** What outlives young generations, and then nobody wants. */
function fillOldSpace(): void {
  const kept = Array.from({ length: 300_000 }, (_, index) => ({ index, text: `kept ${index}` }))
  const copies = kept.map((one) => ({ ...one }))
  if (copies.length !== kept.length) throw new Error('not reached')
}

test('what nobody wants any more is given back to the system', (t) => {
  releaseStartUpMemory()
  const before = oldSpaceBytes()
  fillOldSpace()
  const filled = oldSpaceBytes()
  t.true(filled > before + 10e6, `${before} → ${filled}`)
  releaseStartUpMemory()
  t.true(oldSpaceBytes() < before + 5e6, `${before} → ${oldSpaceBytes()}`)
})

test('nobody finds the collector afterwards', (t) => {
  releaseStartUpMemory()
  t.false('gc' in globalThis)
})
