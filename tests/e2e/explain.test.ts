/** `gateway explain` against a gateway that runs: why a token is let in, or is not. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { form, sendOverNetwork } from '../support/http.ts'
import { rawRequest } from '../support/raw-request.ts'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const gateway = await startGateway()
const logins = createGatewayLogins(gateway.url, 'alice')
const registered = await logins.client.register()
const tokens = await logins.login(registered)
const token = String(tokens['access_token'])
const echo = `${gateway.url}/echo/mcp`
test.after.always(() => gateway.remove())

interface Told {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly stdin?: string
  readonly environment?: Readonly<Record<string, string>>
}

async function explain(
  args: readonly string[],
  { stdin = '', environment = {} }: Surroundings = {},
): Promise<Told> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: gateway.folder,
    env: { ...process.env, GATEWAY_STATE_DIR: undefined, ...environment },
  })
  // Who refuses the arguments reads nothing.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exitCode: await exit, stdout, stderr }
}

const outcomes = (stdout: string): Record<string, string> =>
  Object.fromEntries(
    [...stdout.matchAll(/^(passed|failed|skipped) +(\w+)/gm)].map(([, outcome = '', step = '']) => [
      step,
      outcome,
    ]),
  )

for (const [how, args, surroundings] of [
  ['in the environment', [], { environment: { GATEWAY_TOKEN: token } }],
  ['on stdin', ['--token', '-'], { stdin: `Authorization: Bearer ${token}\n` }],
  ['as an argument', ['--token', token], {}],
] as const) {
  test(`a good token ${how} is let in, and every step says so`, async (t) => {
    const { exitCode, stdout, stderr } = await explain(
      ['explain', '--url', echo, ...args],
      surroundings,
    )
    t.is(exitCode, 0)
    t.is(stderr, '')
    const steps = Object.values(outcomes(stdout))
    t.true(steps.length >= 8)
    t.true(steps.every((outcome) => outcome === 'passed'))
    t.regex(stdout, /^Let in: dev:alice through client .*mcp/m)
    t.false(stdout.includes(token))
  })
}

const [head, payload] = token.split('.')
for (const [title, args, failed, said] of [
  ['no token', ['--url', echo], 'token', /^Refused with 401: no_token.*\n→ .*--token -/],
  ['rubbish', ['--url', echo, '--token', 'rubbish'], 'form', /401: malformed/],
  [
    'an altered token',
    ['--url', echo, '--token', `${head}.${payload}.${'A'.repeat(86)}`],
    'signature',
    /401: bad_signature/,
  ],
  [
    'a token for another service',
    ['--url', `${gateway.url}/memory/mcp`, '--token', token],
    'audience',
    /401: wrong_audience/,
  ],
  [
    'a foreign web page',
    ['--url', echo, '--token', token, '--origin', 'https://evil.example'],
    'origin',
    /403: foreign_origin/,
  ],
  ['a strange address', ['--url', `${gateway.url}/nobody/mcp`], 'service', /→ gateway status/],
] as const) {
  test(`${title} is refused, and the step that fails is named`, async (t) => {
    const { exitCode, stdout, stderr } = await explain(['explain', ...args])
    t.is(exitCode, 1)
    const failures = Object.entries(outcomes(stdout)).filter(([, outcome]) => outcome === 'failed')
    t.deepEqual(failures, [[failed, 'failed']])
    t.regex(stderr, said)
  })
}

test('an address is read as Envoy reads it', async (t) => {
  const host = new URL(gateway.url).host
  for (const [asked, path] of [
    [host, '//echo//mcp'],
    [host, '/%65cho/mcp'],
    [host.replace('localhost', 'LOCALHOST.'), '/echo/mcp'],
    [host, '/echo%2fmcp'],
    [host, '/nothing'],
    [`127.0.0.1:${gateway.port}`, '/echo/mcp'],
  ] as const) {
    const url = `http://${asked}${path}`
    const { stdout } = await explain(['explain', '--url', url, '--json'])
    const { status } = await rawRequest({ port: gateway.port, path, headers: ['Host', asked] })
    t.is(JSON.parse(stdout).decision.status, status, url)
  }
})

test('a revoked token is refused for that', async (t) => {
  const other = await logins.login(registered)
  const revoked = String(other['access_token'])
  const fields = { token: revoked, client_id: registered.client_id }
  await sendOverNetwork({ ...form(fields), url: `${gateway.url}/revoke` })
  const args = ['explain', '--url', echo, '--json']
  const { exitCode, stdout } = await explain(args, { environment: { GATEWAY_TOKEN: revoked } })
  t.is(exitCode, 1)
  const told = JSON.parse(stdout)
  t.like(told.decision, { allow: false, status: 401 })
  t.is(
    told.steps.find(({ outcome }: { outcome: string }) => outcome === 'failed').step,
    'revocation',
  )
})

for (const [title, args, surroundings, exitCode, said] of [
  ['without an address', ['explain'], {}, 2, /--url/],
  ['with what is no address', ['explain', '--url', 'echo'], {}, 2, /It must be a URL/],
  [
    'with what is no token by its length',
    ['explain', '--url', echo, '--token', '-'],
    { stdin: 'x'.repeat(100_000) },
    1,
    /at most 16384 characters/,
  ],
  [
    'where no gateway runs',
    ['explain', '--url', echo],
    { environment: { GATEWAY_STATE_DIR: join(gateway.folder, 'elsewhere') } },
    3,
    /No gateway runs .*\n→ npm start/,
  ],
] as const) {
  test(`asked ${title}, it says what to do`, async (t) => {
    const told = await explain(args, surroundings)
    t.is(told.exitCode, exitCode)
    t.regex(told.stderr, said)
  })
}

test.after('no token that was asked about is in the log', (t) => {
  const log = readFileSync(join(gateway.folder, '.gateway/logs/gateway.log'), 'utf8')
  t.false(log.includes(token))
})
