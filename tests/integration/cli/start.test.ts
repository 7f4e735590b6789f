import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { type GatewayStatus, isServing } from '../../../cli/instance/status.ts'
import { makePlace, type Place, until } from '../../support/gateway-process.ts'

// Only /proc tells whether a process that does not answer is suspended.
const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip

const statusOf = async (place: Place): Promise<GatewayStatus> =>
  JSON.parse((await place.gateway(['status', '--json']).ended).stdout) as GatewayStatus
const runFile = ({ state }: Place): string => join(state, 'run.json')
const readyLine = ({ port }: Place): string => `ready http://localhost:${port}`

test.serial('starts, tells, stops, and starts again with what it kept', async (t) => {
  const place = await makePlace(t)
  const first = place.gateway(['start'])
  const printed = await first.line(readyLine(place))
  t.true(printed.trimEnd().includes('claude mcp add --transport http echo'))
  t.is((await fetch(`http://localhost:${place.port}/healthz`)).status, 200)

  t.true((await statusOf(place)).ready)
  await until(async () => (await statusOf(place)).parts.every(isServing), 10_000)
  const status = await statusOf(place)
  t.is(first.child.pid, status.pid)
  t.is(status.public_url, `http://localhost:${place.port}`)
  t.deepEqual(
    status.parts.map(({ name, state }) => [name, state]),
    [
      ['valkey', 'ready'],
      ['envoy-files', 'ready'],
      ['oauth-server-1', 'ready'],
      ['oauth-server-2', 'ready'],
      ['ext-authz-1', 'ready'],
      ['ext-authz-2', 'ready'],
      ['mcp-bridge-1', 'ready'],
      ['envoy', 'ready'],
    ],
  )
  t.is(statSync(place.state).mode & 0o777, 0o700)
  const secret = readFileSync(join(place.state, 'secret'), 'utf8')

  t.is((await place.gateway(['stop']).ended).exitCode, 0)
  const { exitCode, stdout } = await first.ended
  t.is(exitCode, 0)
  t.false(stdout.includes(secret.trim()))
  await until(() => place.remaining().length === 0, 2000)
  t.is((await place.gateway(['stop']).ended).exitCode, 3)
  t.is((await place.gateway(['status']).ended).exitCode, 3)

  const second = place.gateway(['start'])
  await second.line(readyLine(place))
  t.is(readFileSync(join(place.state, 'secret'), 'utf8'), secret)
  second.child.kill('SIGINT')
  second.child.kill('SIGINT')
  t.is((await second.ended).exitCode, 0)

  const logs = await place.gateway(['logs', 'ext-authz', '--json', '-n', '100']).ended
  const records = logs.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const readies = records.filter(({ msg }) => msg === 'ready').map(({ name }) => name)
  t.deepEqual(readies.slice(0, 3), ['ext-authz-1', 'ext-authz-2', 'ext-authz-1'])
  t.true(records.every(({ name }) => /^ext-authz-[12]$/.test(name)))
})

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  test.serial(`${signal} ends every process within 5 s, Valkey last`, async (t) => {
    const place = await makePlace(t)
    const gateway = place.gateway(['start'])
    await gateway.line(readyLine(place))
    const began = Date.now()
    gateway.child.kill(signal)
    t.is((await gateway.ended).exitCode, 0)
    await until(() => place.remaining().length === 0, 2000)
    t.true(Date.now() - began < 5000)
    const logs = await place.gateway(['logs', '--json', '-n', '1000']).ended
    const names = logs.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).name)
    t.is(names.at(-1), 'valkey')
  })
}

test.serial('a part that dies is started again, the others stay', async (t) => {
  const place = await makePlace(t)
  const gateway = place.gateway(['start'])
  await gateway.line(readyLine(place))
  await until(() => place.remaining().length === 10, 10_000)
  const before = await statusOf(place)
  const pidOf = (status: GatewayStatus, name: string): number =>
    status.parts.find((part) => part.name === name)?.pid ?? 0
  process.kill(pidOf(before, 'mcp-bridge-1'), 'SIGKILL')
  await until(async () => {
    const now = await statusOf(place)
    return now.ready && now.parts.some(({ restarts }) => restarts === 1)
  }, 10_000)
  const after = await statusOf(place)
  const bridge = after.parts.find(({ name }) => name === 'mcp-bridge-1')
  t.is(bridge?.restarts, 1)
  t.is(bridge?.last_exit, 'ended by SIGKILL')
  for (const name of ['valkey', 'oauth-server-1', 'ext-authz-2', 'envoy']) {
    t.is(pidOf(after, name), pidOf(before, name), name)
  }
  // The watchdog of the dead one ends its children alone, also those that left their group.
  await until(() => place.remaining().length === 10, 5000)
  t.pass()
})

test.serial('a room that stands still is not ready, though its process runs', async (t) => {
  const place = await makePlace(t)
  const gateway = place.gateway(['start'])
  await gateway.line(readyLine(place))
  const figures = async (): Promise<string> => {
    const url = `http://127.0.0.1:${place.env['GATEWAY_METRICS_PORT']}/metrics/supervisor`
    return (await (await fetch(url)).text()).replaceAll('mcp_gateway_', '')
  }
  await until(async () => /^part_ready\{part="ext-authz-2"\} 1$/m.test(await figures()), 10_000)
  t.regex(await figures(), /^ready 1$/m)
  const authz = (await statusOf(place)).parts.filter(({ name }) => name.startsWith('ext-authz'))
  for (const { pid } of authz) process.kill(pid ?? 0, 'SIGSTOP')
  const { exitCode, stdout, stderr } = await place.gateway(['status']).ended
  const frozen = await figures()
  for (const { pid } of authz) process.kill(pid ?? 0, 'SIGCONT')
  t.is(exitCode, 1)
  t.regex(stderr, /Not ready: ext-authz-1, ext-authz-2\./)
  t.regex(stdout, /^Runs, and does not serve:\n {2}ext-authz-1: no answer in time$/m)
  t.regex(stdout, /^→ See why ext-authz-1 does not serve: npm run gateway logs ext-authz-1$/m)
  t.regex(frozen, /^ready 0$/m)
  t.regex(frozen, /^part_ready\{part="ext-authz-1"\} 0$/m)
  t.regex(frozen, /^part_ready\{part="envoy"\} 1$/m)
  t.true((await statusOf(place)).ready)
})

test.serial('SIGKILL leaves nothing within 5 s, and the next start is not disturbed', async (t) => {
  const place = await makePlace(t)
  const first = place.gateway(['start'])
  await first.line(readyLine(place))
  await until(() => place.remaining().length >= 9, 10_000)
  const killed = place.remaining()
  first.child.kill('SIGKILL')
  await first.ended
  const second = place.gateway(['start'])
  await second.line(readyLine(place))
  await until(() => !place.remaining().some((pid) => killed.includes(pid)), 5000)
  const status = await statusOf(place)
  t.true(status.ready)
  t.true(status.parts.every(({ restarts }) => restarts === 0))
  second.child.kill('SIGKILL')
  const began = Date.now()
  await until(() => place.remaining().length === 0, 5000)
  t.true(Date.now() - began <= 5000)
})

test.serial('another root secret is refused before anything runs', async (t) => {
  const place = await makePlace(t)
  const first = place.gateway(['start'])
  await first.line(readyLine(place))
  const check = await place.gateway(['config', 'check'], { GATEWAY_SECRET: 'x'.repeat(43) }).ended
  t.is(check.exitCode, 1)
  t.is((await place.gateway(['stop']).ended).exitCode, 0)
  await first.ended
  const { exitCode, stderr } = await place.gateway(['start'], { GATEWAY_SECRET: 'x'.repeat(43) })
    .ended
  t.is(exitCode, 1)
  t.regex(stderr, /^The root secret \(GATEWAY_SECRET\) is not the one .*\n→ set GATEWAY_SECRET to /)
  const again = place.gateway(['start'])
  await again.line(readyLine(place))
})

test.serial('a second start with the same state directory says who runs', async (t) => {
  const place = await makePlace(t)
  const gateway = place.gateway(['start'])
  await gateway.line(readyLine(place))
  // Another place for sockets, as under ssh: it is found nevertheless.
  const second = await place.gateway(['start'], { XDG_RUNTIME_DIR: place.folder }).ended
  t.is(second.exitCode, 1)
  t.regex(
    second.stderr,
    new RegExp(`already runs .*\\(process ${gateway.child.pid}\\)\\.\n→ stop it`),
  )
  t.true((await statusOf(place)).ready)
})

onLinux('one that is suspended is told as such, and how it goes on', async (t) => {
  const place = await makePlace(t)
  const gateway = place.gateway(['start'])
  await gateway.line(readyLine(place))
  gateway.child.kill('SIGSTOP')
  const asked = [['status'], ['stop'], ['health'], ['users', 'list'], ['start']]
  const answers = await Promise.all(asked.map((words) => place.gateway(words).ended))
  for (const [index, { exitCode, stderr }] of answers.entries()) {
    t.is(exitCode, 1, asked[index]?.join(' '))
    t.regex(stderr, new RegExp(`runs with .* \\(process ${gateway.child.pid}\\), and is suspended`))
    t.true(stderr.includes(`fg in its terminal, or kill -CONT ${gateway.child.pid} `), stderr)
  }
  gateway.child.kill('SIGCONT')
  t.true((await statusOf(place)).ready)
})

test.serial('a room that cannot start ends the start, with its last words', async (t) => {
  const place = await makePlace(t)
  writeFileSync(join(place.folder, 'fail-ext-authz'), '')
  const { exitCode, stderr, stdout } = await place.gateway(['start']).ended
  t.is(exitCode, 1)
  t.regex(stderr, /ext-authz-1 does not start: exit code 1/)
  t.regex(stderr, /told to fail by fail-ext-authz/)
  t.false(stdout.includes('ready '))
  await until(() => place.remaining().length === 0, 2000)
  t.false(existsSync(runFile(place)))
})

test.serial('told to stop while starting, it stops', async (t) => {
  const place = await makePlace(t)
  writeFileSync(join(place.folder, 'fail-oauth-server'), '')
  const gateway = place.gateway(['start'])
  await until(() => existsSync(join(place.state, 'logs/gateway.log')), 5000)
  gateway.child.kill('SIGTERM')
  t.is((await gateway.ended).exitCode, 0)
  await until(() => place.remaining().length === 0, 2000)
})

test.serial(
  'a port in use: which, whose, and the way out, before anything is started',
  async (t) => {
    const place = await makePlace(t)
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(place.port, '127.0.0.1', resolve))
    t.teardown(() => void holder.close())
    const { exitCode, stderr } = await place.gateway(['start']).ended
    t.is(exitCode, 1)
    t.true(
      stderr.includes(`Port ${place.port} (GATEWAY_PORT) is in use by process ${process.pid} (`),
    )
    t.regex(stderr, /→ GATEWAY_PORT=\d+ npm start/)
    t.false(existsSync(join(place.state, 'valkey')))
  },
)

test.serial('the admin port in use is named as such', async (t) => {
  const place = await makePlace(t)
  const holder = createServer()
  const port = Number(place.env['GATEWAY_ADMIN_PORT'])
  await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve))
  t.teardown(() => void holder.close())
  const { stderr } = await place.gateway(['start']).ended
  t.true(stderr.includes(`Port ${port} (GATEWAY_ADMIN_PORT) is in use`))
})

test.serial('a stale control socket and run file are replaced', async (t) => {
  const place = await makePlace(t)
  const first = place.gateway(['start'])
  await first.line(readyLine(place))
  const run = readFileSync(runFile(place), 'utf8')
  first.child.kill('SIGTERM')
  await first.ended
  writeFileSync(runFile(place), run)
  t.is((await place.gateway(['status']).ended).exitCode, 3)
  const second = place.gateway(['start'])
  await second.line(readyLine(place))
  t.not(readFileSync(runFile(place), 'utf8'), run)
})

test.serial('every fault of the configuration is told, and nothing is made', async (t) => {
  const place = await makePlace(t)
  const env = {
    GATEWAY_ADMIN_PORT: 'none',
    LOG_LEVEL: 'loud',
    MCP_ECHO_ENABLED: 'maybe',
    EXT_AUTHZ_PROCESSES: '0',
    OAUTH_SERVER_PROCESSES: '17',
  }
  const { exitCode, stderr } = await place.gateway(['start'], env).ended
  t.is(exitCode, 1)
  for (const name of Object.keys(env)) t.true(stderr.includes(name), name)
  t.false(stderr.includes(' at '))
  t.false(existsSync(place.state))
})

test.serial('a configuration that turns bad while running is told by status', async (t) => {
  const place = await makePlace(t)
  const path = join(place.folder, 'gateway.yaml')
  writeFileSync(path, 'access: { users: ["dev:alice"] }\n')
  const gateway = place.gateway(['start'])
  const printed = await gateway.line(readyLine(place))
  t.true(printed.includes('\nMay in: dev:alice.\n'))
  const { sha256, ...configuration } = (await statusOf(place)).configuration
  t.regex(sha256, /^[0-9a-f]{64}$/)
  t.deepEqual(configuration, {
    path,
    faults: [],
    changed: [],
    needs_restart: [],
    restart_faults: [],
    secrets_at_restart: [],
  })
  writeFileSync(path, 'access: { users: [alice] }\n')
  const bad = await statusOf(place)
  t.true(bad.ready)
  const [fault = '', ...others] = bad.configuration.faults
  t.regex(fault, /\/gateway\.yaml: access\.users\.0: must be .*, not "alice" \(line 1\)$/)
  t.deepEqual(others, [])
  const { stdout, exitCode } = await place.gateway(['status']).ended
  t.is(exitCode, 0)
  t.true(stdout.includes(`${path} is bad now; what was read before stays in force:\n  ${fault}`))
  for (const [lose, fault] of [
    [() => writeFileSync(path, '# nothing\n'), 'is empty: write {} where nothing is meant'],
    [() => rmSync(path), 'cannot be read any more'],
  ] as const) {
    lose()
    t.deepEqual((await statusOf(place)).configuration, {
      ...{ path, sha256, changed: [], needs_restart: [], restart_faults: [] },
      ...{ secrets_at_restart: [], faults: [`${path} ${fault}`] },
    })
  }
  const url = `http://127.0.0.1:${place.env['GATEWAY_METRICS_PORT']}/metrics/supervisor`
  t.regex(await (await fetch(url)).text(), /^mcp_gateway_configuration_faults 1$/m)
  writeFileSync(path, 'access: { users: ["*"] }\nbranding: { name: Acme }\n')
  const changed = (await place.gateway(['status']).ended).stdout
  t.true(changed.includes('\nChanged since the start, and in force: access.\n'))
  t.true(changed.includes('\nChanged, and in force only after another start: branding.\n'))
})

test.serial('HTTPS without a certificate is refused in a sentence', async (t) => {
  const place = await makePlace(t)
  const { exitCode, stderr } = await place.gateway(['start'], {
    PUBLIC_URL: 'https://localhost:9443',
  }).ended
  t.is(exitCode, 1)
  t.regex(stderr, /^PUBLIC_URL is https, but \S+fullchain\.pem and \S+privkey\.pem are not there/)
})

test.serial(
  'an address that others reach is refused while nobody could log in there',
  async (t) => {
    const place = await makePlace(t)
    for (const environment of [
      { PUBLIC_URL: 'https://gateway.example.com' },
      { BASE_DOMAIN: 'example.com' },
    ]) {
      const { exitCode, stderr } = await place.gateway(['start'], environment).ended
      t.is(exitCode, 1)
      t.regex(stderr, /^Nobody could log in at https:\S+example\.com: .*\n→ set GITHUB_CLIENT_ID/)
    }
  },
)

test.serial('a state directory that cannot be written is told in a sentence', async (t) => {
  const place = await makePlace(t)
  writeFileSync(join(place.folder, 'file'), '')
  const { exitCode, stderr } = await place.gateway(['start'], {
    GATEWAY_STATE_DIR: join(place.folder, 'file/state'),
  }).ended
  t.is(exitCode, 1)
  t.regex(stderr, /^The state directory \S+ cannot be written \(ENOTDIR\)\.\n→ GATEWAY_STATE_DIR=/)
  rmSync(join(place.folder, 'file'))
})
