import { PassThrough, Writable } from 'node:stream'
import test from 'ava'
import { CliError } from '../../../cli/cli-error.ts'
import { createOutput, reportFailure, toJsonText } from '../../../cli/output.ts'

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

test('of a result no line is left out, however slowly somebody reads', async (t) => {
  const stdout = new PassThrough()
  const { result } = createOutput(
    { stdout, stderr: new PassThrough() },
    { json: false, colour: false },
  )
  const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${'x'.repeat(100)}`)
  result(undefined, () => lines)
  stdout.end()
  const read = Buffer.concat(await stdout.toArray()).toString()
  t.is(read, `${lines.join('\n')}\n`)
})

test('what goes on ends without a fault when nobody reads any more', async (t) => {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  stdout.on('error', () => {})
  const { send } = createOutput(
    { stdout, stderr: new PassThrough() },
    { json: false, colour: false },
  )
  t.false(await send('a line'))
})

for (const [message, facts] of [
  ['ENOSPC: no space left on device, write', { code: 'ENOSPC' }],
  ['database or disk is full', { code: 'ERR_SQLITE_ERROR', errcode: 13 }],
] as const) {
  for (const json of [false, true]) {
    test(`a full disk is told in a sentence: ${message}${json ? ', as JSON' : ''}`, (t) => {
      const stderr = new PassThrough()
      const output = createOutput({ stdout: new PassThrough(), stderr }, { json, colour: false })
      t.is(reportFailure(Object.assign(new Error(message), facts), output), 1)
      const told = String(stderr.read())
      t.true(told.includes(`There is no space left to write to (${message}).`))
      t.regex(told, /df -h/)
      t.notRegex(told, /\bat .*\.ts/)
    })
  }
}

test('a failure as JSON moves no cursor either', (t) => {
  const stderr = new PassThrough()
  const output = createOutput({ stdout: new PassThrough(), stderr }, { json: true, colour: false })
  reportFailure(new CliError('a server said \u009b31m\u007f', { nextStep: 'ask it' }), output)
  const told = String(stderr.read())
  t.notRegex(told, /[\u007f-\u009f]/)
  t.is(JSON.parse(told).error.message, 'a server said \u009b31m\u007f')
})

for (const json of [false, true]) {
  test(`a file of another account is told in a sentence${json ? ', as JSON' : ''}`, (t) => {
    const stderr = new PassThrough()
    const output = createOutput({ stdout: new PassThrough(), stderr }, { json, colour: false })
    const message = "EACCES: permission denied, open '/srv/logs/gateway.log'"
    const facts = { code: 'EACCES', path: '/srv/logs/gateway.log' }
    t.is(reportFailure(Object.assign(new Error(message), facts), output), 1)
    const told = String(stderr.read())
    t.true(told.includes(`The system refuses a file to this account (${message}).`))
    t.regex(told, /chown -R/)
    t.notRegex(told, /\bat .*\.ts/)
  })
}
