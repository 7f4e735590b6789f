import test from 'ava'
import { Failures } from '../../runner/failures.ts'

const read = (...lines: string[]): string[] => {
  const failures = new Failures()
  for (const line of lines) failures.read(line)
  return failures.again()
}

test('where nothing failed nothing is said', (t) => {
  t.deepEqual(read('✔ one', '- two', '    # a comment'), [])
})

test('each failure comes with what stands below it, and with nothing of its neighbours', (t) => {
  const lines = read(
    '✔ one',
    '    # of one',
    '✘ two',
    '  ---',
    '  why',
    '✔ three',
    '    # of three',
    '✘ four',
  )
  t.deepEqual(lines.slice(2), ['✘ two', '  ---', '  why', '✘ four'])
})

test('a flood of failures, or of words about one, is cut', (t) => {
  const many = Array.from({ length: 20 }, (_, number) => `✘ ${number}`)
  t.is(read(...many).at(-1), '… and 8 more')
  const talkative = Array.from({ length: 100 }, (_, number) => `  ${number}`)
  t.true(read('✘ one', ...talkative).length < 50)
})
