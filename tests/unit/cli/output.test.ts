import { PassThrough } from 'node:stream'
import test from 'ava'
import { createOutput, toJsonText } from '../../../cli/output.ts'

test('JSON says the same and moves no cursor, whatever a server put into it', (t) => {
  const value = { name: 'a\u001b[2J\u009b31m\u007f\u0085é☃' }
  const text = toJsonText(value)
  t.deepEqual(JSON.parse(text), value)
  t.notRegex(text.replaceAll('\n', ''), /\p{Cc}/u)
  t.true(text.includes('é☃'))
  const stdout = new PassThrough()
  createOutput({ stdout, stderr: new PassThrough() }, { json: true, colour: false }).result(
    value,
    () => [],
  )
  t.is(String(stdout.read()), `${text}\n`)
  t.is(toJsonText(undefined), 'null')
})
