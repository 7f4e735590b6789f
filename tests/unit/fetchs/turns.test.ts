import test from 'ava'
import { Turns } from '../../../services/fetchs/turns.ts'

test('one person has eight turns at once, others theirs, and an ended one is given again', async (t) => {
  const turns = new Turns()
  const gate = Promise.withResolvers<void>()
  const running = Array.from({ length: 8 }, () => turns.take('alice', () => gate.promise))
  await t.throwsAsync(
    turns.take('alice', async () => {}),
    { message: /8 pages .* for you/ },
  )
  t.is(await turns.take('bob', async () => 'done'), 'done')
  gate.resolve()
  await Promise.all(running)
  t.is(await turns.take('alice', async () => 'again'), 'again')
})

test('all together have sixty-four, also after failures', async (t) => {
  const turns = new Turns()
  await t.throwsAsync(turns.take('x', () => Promise.reject(new Error('failed'))))
  const gate = Promise.withResolvers<void>()
  const running = Array.from({ length: 64 }, (_, n) => turns.take(`p${n}`, () => gate.promise))
  await t.throwsAsync(
    turns.take('late', async () => {}),
    { message: /Too much is being fetched/ },
  )
  gate.resolve()
  await Promise.all(running)
})
