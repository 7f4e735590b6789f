import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import { createLog } from '../../../../lib/platform/log.ts'
import { Secret } from '../../../../lib/platform/secret.ts'

const lines: string[] = []
const log = createLog('room', 'info', { write: (line) => void lines.push(line) })

const lastLine = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, Record<string, unknown>>

test.serial('a line says who, when and what', (t) => {
  log.child({ request_id: 'r1' }).info({ user: 'dev:alice' }, 'hello')
  const { time, ...rest } = lastLine()
  t.regex(String(time), /^\d{4}-\d\d-\d\dT/)
  t.deepEqual(rest as object, {
    level: 'info',
    name: 'room',
    pid: process.pid,
    request_id: 'r1',
    user: 'dev:alice',
    msg: 'hello',
  })
})

test.serial('what is named like a secret is hidden, at the top and one level down', (t) => {
  const given = { token: 'SECRET', body: { code: 'SECRET', fine: 1 }, header: { cookie: 'SECRET' } }
  log.info(given, 'x')
  const { token, body, header } = lastLine()
  t.deepEqual([token, body, header] as unknown[], [
    '[redacted]',
    { code: '[redacted]', fine: 1 },
    { cookie: '[redacted]' },
  ])
  t.is(given.body.code, 'SECRET', 'what was given is left as it is')
})

test.serial('so it is in what a child carries, in errors, and in secrets themselves', (t) => {
  const error = Object.assign(new Error('failed'), { access_token: 'SECRET', status: 1 })
  log.child({ password: 'SECRET' }).warn({ err: error, key: new Secret('SECRET') }, 'x')
  t.false(lines.at(-1)?.includes('SECRET'))
  const { err } = lastLine()
  t.is(err?.['message'], 'failed')
  t.is(err?.['status'], 1)
  t.is(err?.['access_token'], '[redacted]')
})

test.serial('what a library was given to do does not come along with its error', (t) => {
  const command = { name: 'hello', args: ['3', 'AUTH', 'default', 'SECRET'] }
  const spawning = { spawnargs: ['--api-key', 'SECRET'], syscall: 'spawn x', code: 'ENOENT' }
  const earlier = Object.assign(new Error('earlier'), { command })
  const given = { command, ...spawning, input: 'redis://:SECRET@x', previousErrors: [earlier] }
  const error = Object.assign(new Error('refused', { cause: earlier }), given)
  log.warn({ err: error }, 'x')
  log.child({ err: error }).warn('x')
  t.false(lines.slice(-2).join('').includes('SECRET'))
  const { err } = lastLine()
  t.like(err, { message: 'refused: earlier', code: 'ENOENT', syscall: 'spawn x' })
})

test.serial('where several addresses were tried, each says what became of it', (t) => {
  log.warn({ err: new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]) })
  const { err } = lastLine()
  t.deepEqual(err?.['errors'], ['Error: refused ::1', 'Error: refused 127.0.0.1'])
})

test.serial('errors of programs say what went wrong, without command line and environment', (t) => {
  const error = Object.assign(new Error('spawn x ENOENT'), {
    code: 'ENOENT',
    spawnfile: 'SECRET',
    spawnargs: ['--key', 'SECRET'],
    cmd: 'x --key SECRET',
    env: { KEY: 'SECRET' },
    options: { env: { KEY: 'SECRET' } },
  })
  log.warn({ err: error }, 'x')
  t.false(lines.at(-1)?.includes('SECRET'))
  t.is(lastLine()['err']?.['message'], 'spawn x ENOENT')
  t.is(error.spawnfile, 'SECRET', 'what was given is left as it is')
})

test.serial('lines are in their order, and the last ones come out of a process that exits', (t) => {
  const module = join(import.meta.dirname, '../../../../lib/platform/log.ts')
  const program = `
    const { createLog } = await import(${JSON.stringify(module)})
    const log = createLog('room', 'info')
    log.info('one'); log.info('two')
    setTimeout(() => { log.fatal('three'); process.exit(1) }, 5)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  const said = String(stdout)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg)
  t.deepEqual(said, ['one', 'two', 'three'])
})
