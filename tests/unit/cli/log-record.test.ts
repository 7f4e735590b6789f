import { PassThrough } from 'node:stream'
import test from 'ava'
import { isPartOf } from '../../../cli/instance/part-names.ts'
import { createJournal } from '../../../cli/log/journal.ts'
import { toJsonLine } from '../../../cli/log/log-file.ts'
import { type LogRecord, parseLine, parseStored } from '../../../cli/log/log-record.ts'
import { factsOf } from '../../../cli/log/record-facts.ts'
import { toTerminalLine } from '../../../cli/log/terminal-line.ts'
import { createOutput } from '../../../cli/output.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const TIME = '2026-01-02T03:04:05.678Z'

const reads = test.macro((t, line: string, expected: Partial<LogRecord>) => {
  t.like(parseLine('part', line, NOW), { name: 'part', time: TIME, ...expected })
})

test(
  'a room’s line',
  reads,
  '{"level":"warn","time":"2026-01-01T00:00:00.000Z","name":"part","pid":1,"msg":"slow","took_ms":7}',
  { time: '2026-01-01T00:00:00.000Z', level: 'warn', msg: 'slow', fields: { took_ms: 7 } },
)
test('a line that claims to be another part’s', reads, '{"name":"oauth-server","msg":"x"}', {
  level: 'info',
  fields: { logger: 'oauth-server' },
})
test('a fatal line is an error', reads, '{"level":"fatal","msg":"cannot start"}', {
  level: 'error',
})
test('a time that is none', reads, '{"time":"yesterday","msg":"x"}', { msg: 'x' })
test('JSON cut off', reads, '{"level":"info","msg":"x', { msg: '{"level":"info","msg":"x' })
test('Envoy’s line', reads, '[2026-01-01 00:00:00.001][12][warning][config] [source/a.cc:1] why', {
  time: '2026-01-01T00:00:00.001Z',
  level: 'warn',
  msg: 'why',
  fields: { logger: 'config' },
})
test('Envoy’s critical line', reads, '[2026-01-01 00:00:00.001][12][critical][main] gone', {
  time: '2026-01-01T00:00:00.001Z',
  level: 'error',
  msg: 'gone',
})
test('Valkey’s notice', reads, '12:M 02 Jan 2026 03:04:05.678 * Ready', {
  level: 'debug',
  msg: 'Ready',
})
test('Valkey’s warning', reads, '12:M 02 Jan 2026 03:04:05.678 # Low', {
  level: 'warn',
  msg: 'Low',
})
test('anything else', reads, 'Segmentation fault', { level: 'info', msg: 'Segmentation fault' })

test('a process of a room says its room’s name, which is no other part’s', (t) => {
  t.deepEqual(parseLine('ext-authz-2', '{"name":"ext-authz","msg":"x"}', NOW).fields, {})
  t.deepEqual(parseLine('ext-authz-2', '{"name":"ext-authz-1","msg":"x"}', NOW).fields, {
    logger: 'ext-authz-1',
  })
})

test('a room means all of its processes, a part itself alone', (t) => {
  t.true(isPartOf('ext-authz-2', 'ext-authz'))
  t.true(isPartOf('ext-authz-12', 'ext-authz-12'))
  t.false(isPartOf('ext-authz-12', 'ext-authz-1'))
  t.false(isPartOf('envoy-files', 'envoy'))
})

test('what is stored is read back as it was', (t) => {
  const record = parseLine('part', '{"level":"warn","msg":"slow","request_id":"r1"}', NOW)
  t.deepEqual(parseStored(toJsonLine(record)), record)
  t.is(parseStored('{"name":"par'), undefined)
})

const record = (msg: string, fields = {}): LogRecord => ({
  time: TIME,
  name: 'ext-authz',
  level: 'info',
  msg,
  fields,
})

test('a line for the terminal: time, name, level, message, fields', (t) => {
  const line = toTerminalLine(
    record('request', { status: 200, path: '/a b', user: 'dev:a' }),
    false,
  )
  t.regex(
    line,
    /^\d\d:\d\d:05\.678 ext-authz {6}info {3}request status=200 path="\/a b" user=dev:a$/,
  )
})

test('an error field shows its message only', (t) => {
  const err = { type: 'Error', message: 'it broke', stack: 'Error: it broke\n at x' }
  t.true(toTerminalLine(record('failed', { err }), false).endsWith('failed err="it broke"'))
})

test('colour only when wanted', (t) => {
  t.false(toTerminalLine(record('x'), false).includes('\u001b'))
  t.true(toTerminalLine(record('x'), true).includes('\u001b['))
})

for (const field of ['\u001b[2J', 'a\r\nforged line', '\u009b31m']) {
  test(`no control character reaches the terminal: ${JSON.stringify(field)}`, (t) => {
    const line = toTerminalLine(record(field, { [field]: field, list: [field] }), false)
    t.notRegex(line, /\p{Cc}/u)
  })
}

test('a start with --json prints records as `logs --json` does, and none moves a cursor', (t) => {
  const stdout = new PassThrough()
  const output = createOutput({ stdout, stderr: new PassThrough() }, { json: true, colour: false })
  const journal = createJournal({ write() {}, close() {} }, output, 'info')
  journal.showAll()
  const record = { time: TIME, name: 'part', level: 'info', msg: 'a\u009b31m' } as const
  journal.write({ ...record, fields: { request_id: 'r' } })
  const line = String(stdout.read())
  t.deepEqual(JSON.parse(line), { ...record, request_id: 'r' })
  t.notRegex(line.trimEnd(), /\p{Cc}/u)
})

test('who it was is read from Envoy’s line as from a room’s, whatever the name is made of', (t) => {
  const line = (who: string): string =>
    JSON.stringify({ msg: 'request', user: who, client_id: who })
  const told = (part: string, who: string): unknown => {
    const { user, client } = factsOf(parseLine(part, line(who), NOW))
    return [user, client]
  }
  const client = 'https://app.example/a%20b'
  t.deepEqual(told('envoy', 'https://app.example/a%2520b'), [client, client])
  t.deepEqual(told('mcp-bridge-1', client), [client, client])
  t.deepEqual(told('envoy', 'oidc:jos%C3%A9'), ['oidc:josé', 'oidc:josé'])
  t.deepEqual(told('envoy', 'half%'), ['half%', 'half%'])
})
