import test from 'ava'
import { Bodies } from '../../../mcp-bridge/bodies.ts'
import {
  BODIES_BYTES_MAX,
  BODIES_BYTES_PER_USER_MAX,
  BODIES_SHARE_BYTES,
} from '../../../mcp-bridge/limits.ts'

function setUp() {
  const bodies = new Bodies()
  const begin = (user: string) => {
    let answered = () => {}
    const whenOver = (tell: () => void) => {
      answered = tell
    }
    const held = bodies.hold(user, { whenOver })
    return { held, answered: () => answered() }
  }
  return { begin }
}

test('a person has a bound, over all bodies', (t) => {
  const { begin } = setUp()
  const [one, two] = [begin('ann'), begin('ann')]
  t.is(one.held.grow(BODIES_BYTES_PER_USER_MAX), undefined)
  t.is(two.held.grow(1)?.status, 429)
  t.is(begin('ben').held.grow(1), undefined)
  one.answered()
  t.is(two.held.grow(1), undefined)
})

test('where all is full each may still send a little', (t) => {
  const { begin } = setUp()
  const full = Array.from({ length: BODIES_BYTES_MAX / BODIES_BYTES_PER_USER_MAX }, (_, n) =>
    begin(`user ${n}`),
  )
  for (const { held } of full) t.is(held.grow(BODIES_BYTES_PER_USER_MAX), undefined)
  const { held } = begin('ann')
  t.is(held.grow(BODIES_SHARE_BYTES), undefined)
  const refusal = held.grow(1)
  t.is(refusal?.status, 503)
  t.is(refusal?.options.headers?.['retry-after'], '1')
  for (const { answered } of full.slice(1)) answered()
  t.is(held.grow(1), undefined)
})

test('what was given back is not given back again', (t) => {
  const { begin } = setUp()
  const { held, answered } = begin('ann')
  held.grow(BODIES_BYTES_PER_USER_MAX)
  held.release()
  answered()
  const next = begin('ann').held
  t.is(next.grow(BODIES_BYTES_PER_USER_MAX), undefined)
  t.is(next.grow(1)?.status, 429)
})
