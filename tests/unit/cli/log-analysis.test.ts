/** `gateway logs` and `logs analyze` over logs as the parts write them. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import test from 'ava'
import type { Analysis } from '../../../cli/log/analysis/analysis.ts'
import { Durations } from '../../../cli/log/analysis/durations.ts'
import { Ranking } from '../../../cli/log/analysis/ranking.ts'
import { parseComposeLine } from '../../../cli/log/compose-source.ts'
import { linesOf } from '../../../cli/log/lines.ts'
import { runProgram } from '../../../cli/program.ts'
import { createGatewayCommand } from '../../support/gateway-command.ts'

type Line = Readonly<Record<string, unknown>>

const AT = Date.now() - 3_600_000
let second = 0
const at = (): string => new Date(AT + 1000 * second++).toISOString()

const access = (fields: Line): Line => ({
  ...{ time: at(), name: 'envoy', level: 'info', msg: 'request', path: '/memory/mcp' },
  ...{ status: 200, address: '192.0.2.7', service: 'memory', ...fields },
})
const exchange = (fields: Line): Line => ({
  ...{ time: at(), name: 'mcp-bridge-1', level: 'info', msg: 'request', service: 'memory' },
  ...{ method: 'tools/call', tool: 'read', status: 200, duration_ms: 5, ...fields },
})
const server = (msg: string, fields: Line = {}): Line => ({
  ...{ time: at(), name: 'oauth-server-1', level: 'info', msg, ...fields },
})
const repeat = (count: number, line: () => Line): Line[] => Array.from({ length: count }, line)

const octocat = { user: 'github:583231', client_id: 'client-one' }
const LINES: Line[] = [
  ...repeat(60, () => access({ ...octocat, decision: 'allow' })),
  ...repeat(40, () =>
    access({ status: 401, decision: 'deny', reason: 'wrong_audience', client_id: 'client-two' }),
  ),
  ...repeat(3, () => access({ status: 401, decision: 'deny', reason: 'no_token' })),
  access({ status: 503, details: 'upstream_reset_before_response_started', request_id: 'r-503' }),
  ...repeat(96, () => exchange(octocat)),
  ...repeat(4, () => exchange({ ...octocat, duration_ms: 900 })),
  ...repeat(20, () => exchange({ ...octocat, tool: 'slow', duration_ms: 20_000 })),
  exchange({ ...octocat, request_id: 'r-503', status: 502, tool: 'read', duration_ms: 7 }),
  ...repeat(12, () => server('client registered', { client_id: 'c', client_name: 'n' })),
  server('code exchanged', octocat),
  ...repeat(3, () => ({
    ...{ time: at(), name: 'mcp-bridge-1', level: 'warn', service: 'memory' },
    msg: 'server process ended without being asked to',
  })),
  { ...server('<b>|evil|\u001b[31m'), level: 'error' },
]

function folderWith(t: { teardown(end: () => void): void }, lines: readonly Line[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'logs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const logs = join(folder, '.gateway/logs')
  mkdirSync(logs, { recursive: true })
  const text = (some: readonly Line[]): string =>
    some.map((line) => `${JSON.stringify(line)}\n`).join('')
  const half = Math.floor(lines.length / 2)
  writeFileSync(join(logs, 'gateway.log.1'), text(lines.slice(0, half)))
  writeFileSync(join(logs, 'gateway.log'), `${text(lines.slice(half))}{"name":"cut o`)
  return folder
}

test('who, what, why not, how slow, what failed: from all files', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  const analysis = await gateway.json<Analysis>(['logs', 'analyze'])
  t.is(analysis.records, LINES.length)
  t.is(analysis.requests, 104)
  t.deepEqual(analysis.users, [{ name: 'github:583231', count: 60 }])
  t.deepEqual(analysis.clients, [
    { name: 'client-one', count: 60 },
    { name: 'client-two', count: 40 },
  ])
  t.deepEqual(analysis.refusals, [
    { name: 'wrong_audience', count: 40 },
    { name: 'no_token', count: 3 },
  ])
  t.deepEqual(analysis.refused[0], {
    ...{ who: 'client-two', reason: 'wrong_audience', service: 'memory', count: 40 },
  })
  t.deepEqual(analysis.refused[1]?.who, '192.0.2.7')
  const [slow, read] = analysis.tools
  t.like(slow, { tool: 'slow', calls: 20, max_ms: 20_000 })
  t.like(read, { service: 'memory', tool: 'read', calls: 101, max_ms: 900 })
  t.true((read?.p50_ms ?? 0) >= 5 && (read?.p50_ms ?? 0) < 5.3)
  t.is(read?.p95_ms, read?.p50_ms)
  t.deepEqual(analysis.server_errors, [
    { name: '503 memory: upstream_reset_before_response_started', count: 1 },
  ])
  t.like(analysis.errors[0], {
    name: 'mcp-bridge: server process ended without being asked to (memory)',
    count: 3,
  })
  t.deepEqual(analysis.logins[0], { name: 'clients registered', count: 12 })
})

test('what to do is said with its next step', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  const { hints } = await gateway.json<Analysis>(['logs', 'analyze'])
  t.is(hints.length, 4)
  t.regex(hints[0] ?? '', /^client-two was refused 40 times at memory \(wrong_audience\): .*remove/)
  t.regex(hints[1] ?? '', /12 clients registered for 1 logins.*gateway clients reap/)
  t.regex(hints[2] ?? '', /^memory\/slow takes 20 s/)
  t.regex(hints[3] ?? '', /^The server of memory ended 3 times.*gateway services test memory/)
})

test('people get a report, and Markdown in which no name is more than a name', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  const { stdout } = await gateway(['logs', 'analyze'])
  t.regex(stdout, /^104 requests, \d+ records, /)
  t.regex(
    stdout,
    /Who was refused\n {2}WHO +REASON +SERVICE +TIMES\n {2}client-two +wrong_audience/,
  )
  t.regex(stdout, /memory\/slow +20 +20\.0 s/)
  t.false(stdout.includes('\u001b'))
  const markdown = (await gateway(['logs', 'analyze', '--markdown'])).stdout
  t.true(
    markdown.includes(
      '## Refusals\n\n| REASON | TIMES |\n| --- | --- |\n| wrong\\_audience | 40 |',
    ),
  )
  t.true(markdown.includes('\\<b\\>\\|evil\\|'))
})

test('records are chosen by request, person, client, service, level, part and time', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  const shown = async (...args: string[]): Promise<Line[]> => {
    const { exitCode, stdout, stderr } = await gateway(['logs', '--json', '-n', '1000', ...args])
    t.is(exitCode, 0, stderr)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
  }
  t.deepEqual(
    (await shown('--request', 'r-503')).map(({ name }) => name),
    ['envoy', 'mcp-bridge-1'],
  )
  t.is((await shown('--client', 'client-two')).length, 40)
  t.is((await shown('envoy', '--user', 'github:583231')).length, 60)
  t.is((await shown('mcp-bridge', '--service', 'memory', '--level', 'warn')).length, 3)
  t.is((await shown('--service', 'echo')).length, 0)
  t.is((await shown('--since', '2h')).length, LINES.length)
  t.is((await shown('--since', new Date(AT + 1000 * (LINES.length - 10)).toISOString())).length, 10)
  for (const no of [
    'yesterday',
    '90',
    '2026-02-30',
    '2026-02-30T00:00Z',
    '2026-01-02T25:00Z',
    '',
  ]) {
    t.is((await gateway(['logs', '--since', no])).exitCode, 2, no)
  }
  t.is((await shown('--since', '2026-01-02')).length, LINES.length)
  t.is((await shown('--since', '2026-01-02 03:04')).length, LINES.length)
  t.is((await gateway(['logs', '--level', 'loud'])).exitCode, 2)
})

test('a part that nothing is there of is said, with those that have said something', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  const { stdout, stderr } = await gateway(['logs', 'mcp-brige'])
  t.is(stdout, '')
  t.is(
    stderr,
    'Nothing is there of a part mcp-brige, but of: envoy, mcp-bridge-1, oauth-server-1\n',
  )
  t.is((await gateway(['logs', 'mcp-bridge', '--level', 'error'])).stderr, '', 'it is there')
})

test('how many is a whole number, and of the audit log no more than it gives at once', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  t.is((await gateway(['logs', '-n', '007'])).stdout.trim().split('\n').length, 7)
  for (const no of ['', ' ', '-1', '1.5', '1e3', '0x10']) {
    t.is((await gateway(['logs', '-n', no])).exitCode, 2, no)
    t.is((await gateway(['audit', '-n', no])).exitCode, 2, no)
  }
  const { exitCode, stderr } = await gateway(['audit', '-n', '10001'])
  t.is(exitCode, 2)
  t.regex(stderr, /a whole number, 10000 at most/)
})

test('a reader that has had enough, such as head, ends it without a word', async (t) => {
  const [stderr, stdout] = [
    new PassThrough(),
    new Writable({ write: (_, __, done) => done(new Error('EPIPE')) }),
  ]
  stdout.on('error', () => {})
  const exitCode = await runProgram(['logs', '-f'], {
    streams: { stdout, stderr, stdin: new PassThrough() },
    ...{ environment: {}, workingDirectory: folderWith(t, LINES), clock: Date.now, rooms: '' },
  })
  t.is(exitCode, 0)
  t.is(stderr.read(), null)
})

test('without a log it is said what to do', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'logs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { exitCode, stderr } = await createGatewayCommand(folder)(['logs', 'analyze'])
  t.is(exitCode, 1)
  t.regex(stderr, /There is no log.*\n→ .*npm start/)
})

test('another file, or standard input', async (t) => {
  const gateway = createGatewayCommand(folderWith(t, LINES))
  const stdin = `${JSON.stringify(access({ user: 'somebody' }))}\nno record\n`
  const analysis = await gateway.json<Analysis>(['logs', 'analyze', '--file', '-'], { stdin })
  t.deepEqual(analysis.users, [{ name: 'somebody', count: 1 }])
  const { exitCode, stderr } = await gateway(['logs', 'analyze', '--file', '/nowhere/at.log'])
  t.is(exitCode, 1)
  t.regex(stderr, /cannot be read/)
})

test('of millions of names the frequent ones are right, and few are kept', (t) => {
  const ranking = new Ranking(100)
  for (let n = 0; n < 100_000; n += 1) {
    ranking.add(`rare-${n}`)
    if (n % 10 === 0) ranking.add('often')
  }
  t.deepEqual(ranking.top(1), [{ name: 'often', count: 10_000 }])
  t.true(ranking.top(Number.POSITIVE_INFINITY).length <= 200)
})

test('quantiles are right within a twentieth', (t) => {
  const durations = new Durations()
  for (let ms = 1; ms <= 10_000; ms += 1) durations.add(ms)
  for (const [share, exact] of [
    [0.5, 5000],
    [0.95, 9500],
    [1, 10_000],
  ] as const) {
    const told = durations.quantile(share)
    t.true(told >= exact && told <= exact * 1.05, `${share}: ${told}`)
  }
  t.is(new Durations().quantile(0.5), 0)
})

test('a line without an end does not fill the memory', async (t) => {
  async function* endless(): AsyncIterable<string> {
    for (let n = 0; n < 1000; n += 1) yield 'x'.repeat(1000)
    yield '\nwhole\n'
  }
  const lines = await Array.fromAsync(linesOf(endless()))
  t.is(lines.at(-1), 'whole')
  t.true(lines.every(({ length }) => length <= 65_536))
})

test('lines of containers are records of parts; what was read before is not read again', (t) => {
  const last = new Map<string, string>()
  const line = (name: string, time: string, printed: string): string =>
    `${name}  | ${time} ${printed}`
  const first = line('mcp-bridge-1', '2026-01-02T03:04:05.000000001Z', '{"level":"warn","msg":"a"}')
  t.like(parseComposeLine(first, last), { name: 'mcp-bridge', level: 'warn', msg: 'a' })
  t.is(parseComposeLine(first, last), undefined)
  const other = line('mcp-bridge-2', '2026-01-02T03:04:04.000000001Z', '{"level":"info","msg":"b"}')
  t.like(parseComposeLine(other, last), { name: 'mcp-bridge', msg: 'b' })
  const next = line('valkey-1', '2026-01-02T03:04:05.000000001Z', 'plain words')
  t.like(parseComposeLine(next, last), { name: 'valkey', msg: 'plain words' })
  t.is(parseComposeLine('Attaching to envoy-1', last), undefined)
})
