import test from 'ava'
import { Hung } from '../../../../mcp-bridge/runner/hung.ts'

const CEILING_MS = 10_000

function afterCalls(begunAt: readonly number[]): Hung {
  const hung = new Hung()
  for (const second of begunAt) hung.gaveUp(second)
  return hung
}

test('three calls in a row end the process of one session', (t) => {
  t.false(afterCalls([0, 0]).isHung(99, false, CEILING_MS))
  t.true(afterCalls([0, 0, 0]).isHung(3, false, CEILING_MS))
})

test('an answer between them begins the row anew', (t) => {
  const hung = afterCalls([0, 0])
  hung.answered()
  hung.gaveUp(5)
  t.false(hung.isHung(99, false, CEILING_MS))
})

test('a shared process ends when it has answered nothing for as long as a call may last', (t) => {
  const hung = afterCalls([3, 5, 7, 8])
  t.false(hung.isHung(12, true, CEILING_MS))
  t.true(hung.isHung(13, true, CEILING_MS))
  hung.answered()
  for (const second of [20, 20, 20]) hung.gaveUp(second)
  t.false(hung.isHung(29, true, CEILING_MS))
})
