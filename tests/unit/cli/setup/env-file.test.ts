import { parseEnv } from 'node:util'
import test from 'ava'
import { changeEnvFile, parseEnvFile } from '../../../../cli/setup/env-file.ts'

function change(text: string, changes: Record<string, string | undefined>): string {
  return changeEnvFile(parseEnvFile(text), new Map(Object.entries(changes))).text
}

test('variables keep their place, new ones come at the end, everything else stays byte for byte', (t) => {
  const before = `# mine\r\n  export A=1\r\n\r\nB = "two" # why\r\nC='3'`
  t.is(
    change(before, { B: 'deux', NEW: 'x', A: '1' }),
    `# mine\r\n  export A=1\r\n\r\nB=deux\r\nC='3'\r\nNEW=x\r\n`,
  )
  t.is(change('', { A: '1' }), 'A=1\n')
  t.is(change('A=1', {}), 'A=1')
})

test('a value that is wanted as it is stays as it is written', (t) => {
  const text = 'A="one"\nB=\'two\'  # kept\n'
  t.is(change(text, { A: 'one', B: 'two' }), text)
})

test('what is taken out is gone, every time that it stands there', (t) => {
  t.is(change('A=1\nB=2\nA=3\n', { A: undefined }), 'B=2\n')
  t.is(change('B=2\n', { A: undefined }), 'B=2\n')
})

test('of several with one name one is left', (t) => {
  t.is(change('A=1\nB=2\nexport A=3\n', { A: '4' }), 'B=2\nA=4\n')
})

test('a value of several lines is one', (t) => {
  const text = 'KEY="-----BEGIN\nA=not a variable\n-----END"\nA=1\n'
  t.is(change(text, { A: '2' }), text.replace('A=1', 'A=2'))
  t.is(change(text, { KEY: 'short' }), 'KEY=short\nA=1\n')
})

for (const value of [
  'a b',
  'se$cr#et',
  '${HOME}',
  'a"b',
  "it's",
  'x=y==',
  '#',
  '`id`',
  '$(id)',
  '*@acme.example',
]) {
  test(`read as it was written: ${value}`, (t) => {
    t.is(parseEnv(change('B=1\n', { A: value }))['A'], value)
  })
}

for (const value of ['two\nlines', `both ' and "`, String.raw`back\slash'`, '\u0000']) {
  test(`refused, with the way out: ${JSON.stringify(value)}`, (t) => {
    const error = t.throws(() => change('', { A: value }))
    t.regex(error?.message ?? '', /^The value of A cannot be written/)
    t.false(error?.message.includes(value), 'it may be a secret')
  })
}

test('a file whose lines swallow what follows is refused, not made worse', (t) => {
  // A quote that was never closed is closed by one of ours.
  const error = t.throws(() => change('A="open\n', { B: "it's" }))
  t.regex(error?.message ?? '', /A, B would be lost/)
})
