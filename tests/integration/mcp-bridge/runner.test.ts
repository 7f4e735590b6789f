/** The runner program itself: how it dies, comes back, is shared, and is spoken to by strangers. */

import { once } from 'node:events'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import type { HostedChild, HostedEnding, LaunchOrder } from '../../../mcp-bridge/runner/host.ts'
import { PacketReader, toPacket } from '../../../mcp-bridge/runner/packets.ts'
import { RemoteHost } from '../../../mcp-bridge/runner/remote-host.ts'
import { fixture, startBridge } from '../../support/bridge.ts'
import { initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import { memoryOf } from '../../support/process-figures.ts'
import { type RunnerProgram, startRunner } from '../../support/runner.ts'

const shared = await startRunner()
test.after.always(() => shared.stop())

const MISBEHAVES = new URL('../../fixtures/misbehaves.ts', import.meta.url).pathname

const silent = createLog('test', 'error', { write: () => {} })

const CAT: LaunchOrder = {
  service: 'cat',
  owner: undefined,
  command: '/bin/cat',
  args: [],
  env: {},
  cwd: '/',
  folders: [],
  stopCommand: undefined,
  isLent: true,
  frameBytesMax: 1024 * 1024,
}

interface Started {
  readonly child: HostedChild
  readonly lines: string[]
  readonly oversized: string[]
}

async function start(host: RemoteHost, order: LaunchOrder = CAT): Promise<Started> {
  await host.ready()
  const lines: string[] = []
  const oversized: string[] = []
  const child = host.launch(order, {
    frame: (line) => lines.push(line.toString('utf8')),
    oversized: (head) => oversized.push(head),
  })
  return { child, lines, oversized }
}

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await sleep(50)
  t.true(holds(), what)
}

const hostOf = ({ socket }: RunnerProgram): RemoteHost =>
  new RemoteHost(socket, { clock: () => Date.now(), log: silent })

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A shell that says its process id, and lives on whatever it is told. */
const STUBBORN: LaunchOrder = {
  ...CAT,
  command: '/bin/sh',
  args: ['-c', 'trap "" TERM; echo $$; while :; do sleep 1; done'],
}

test('it needs two variables, listens for its own account alone, and prints one word', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const host = hostOf(runner)
  const { child, lines } = await start(host)
  child.send('one')
  await until(t, 'its line comes back', () => lines.length === 1)
  t.is(statSync(runner.socket).mode & 0o777, 0o600)
  await host.stopAll({ inputEndMs: 1000, terminateMs: 1000 })
  t.is(await runner.end('SIGTERM'), 0)
  t.is(runner.printed.out, 'ready\n')
})

test('without its variables it says what is missing', async (t) => {
  await t.throwsAsync(startRunner({ environment: { MCP_RUNNER_DATA: '' } }), {
    message: /MCP_RUNNER_DATA is not set/,
  })
})

test('lines keep their order, large ones their bytes, and both directions wait for a slow side', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const { child, lines, oversized } = await start(hostOf(runner))
  const sent = Array.from(
    { length: 200 },
    (_, n) => `${n} ${'ü'.repeat(n % 7 === 0 ? 100_000 : 5)}`,
  )
  child.pause()
  for (const line of sent) child.send(line)
  await sleep(300)
  t.true(lines.length < sent.length, 'what waits is not here')
  child.resume()
  await until(t, 'all came', () => lines.length === sent.length)
  t.deepEqual(lines, sent)
  child.send('x'.repeat(2_000_000))
  await until(t, 'too much is told', () => oversized.length === 1)
  const ending = await child.stop({ inputEndMs: 5000, terminateMs: 1000 })
  t.is(ending.exitCode, 0)
  await child.gone
})

test('what does not read is written no more than the bound', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const order = { ...CAT, command: '/bin/sh', args: ['-c', 'sleep 30'] }
  const { child } = await start(hostOf(runner), order)
  const line = 'x'.repeat(9_000_000)
  t.throws(
    () => {
      for (let count = 0; count < 5; count += 1) child.send(line)
    },
    { message: /does not read/ },
  )
  // Nor do the lines that wait keep it from being ended.
  const { signal } = await child.stop({ inputEndMs: 0, terminateMs: 5000 })
  t.is(signal, 'SIGTERM')
})

test('many small lines to what does not read are refused by the bridge, and end nothing', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const order = { ...CAT, command: '/bin/sh', args: ['-c', 'sleep 60'] }
  const { child } = await start(hostOf(runner), order)
  let hasEnded = false
  void child.ended.then(() => {
    hasEnded = true
  })
  const sendUntilRefused = async (): Promise<void> => {
    while (!hasEnded) {
      for (let count = 0; count < 1000; count += 1) child.send('x'.repeat(60))
      // The runner has to keep up.
      await sleep(1)
    }
  }
  await t.throwsAsync(sendUntilRefused(), { message: /does not read/ })
  await sleep(500)
  t.false(hasEnded)
  await child.stop({ inputEndMs: 0, terminateMs: 5000 })
})

test('it tells how a child ended, what it wrote last on stderr, and what it uses', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const host = hostOf(runner)
  const failing = { ...CAT, command: '/bin/sh', args: ['-c', 'echo sorry >&2; exit 5'] }
  const ended = await (await start(host, failing)).child.ended
  t.like(ended, { exitCode: 5, signal: null, stderr: 'sorry\n' })
  const absent = await (await start(host, { ...CAT, command: '/no/such' })).child.ended
  t.regex(absent.spawnError?.message ?? '', /ENOENT/)
  const { child } = await start(host)
  let figures = await child.figures()
  // On a machine that stalls it may not know in time.
  for (let more = 0; more < 5 && figures === undefined; more += 1) figures = await child.figures()
  t.is(figures?.processes, 1)
  t.true((figures?.memoryBytes ?? 0) > 0)
})

test('its folder is where the service stores, and the stop command runs there', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const host = hostOf(runner)
  await host.ready()
  const folder = host.dataFolder('cat')
  t.is(folder, `${runner.data}/cat`)
  const stopCommand = ['/bin/sh', '-c', 'echo "$WORD" > "$PWD/stopped"; echo x']
  const order = { ...CAT, cwd: folder, folders: [folder], env: { WORD: 'end' }, stopCommand }
  const { child } = await start(host, order)
  await child.stop({ inputEndMs: 5000, terminateMs: 1000 })
  await child.gone
  t.is(statSync(`${folder}/stopped`).size, 4)
})

test('a deadline that is not renewed ends the children, also while the runner is frozen', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const host = hostOf(runner)
  const { child, lines } = await start(host, STUBBORN)
  const free = await start(hostOf(runner), STUBBORN)
  await until(t, 'both run', () => lines.length === 1 && free.lines.length === 1)
  host.endUnlessRenewed(1500)
  await child.figures()
  runner.process.kill('SIGSTOP')
  const pid = Number(lines[0])
  await until(t, 'it is ended', () => !isRunning(pid))
  t.true(isAlive(Number(free.lines[0])), 'another bridge has said nothing of the kind')
  runner.process.kill('SIGCONT')
  t.is((await child.ended).signal, 'SIGKILL')
})

/** What has ended and waits for a frozen parent to look is not running. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} of the runner ends all children, and calls are answered`, async (t) => {
    const services = { good: fixture('echoes.ts'), stubborn: fixture('never-exits.ts') }
    const bridge = await startBridge({ services, withRunner: true })
    t.teardown(() => bridge.stop())
    const { id } = await open(bridge, 'good')
    await open(bridge, 'stubborn')
    const waiting = json(send(bridge, 'good', rpc('never'), { session: id }))
    await sleep(200)
    t.is(bridge.children().length, 2)
    await bridge.runner?.end(signal)
    t.is((await waiting).error?.code, -32603)
    t.deepEqual(await bridge.childrenAtLast(), [])
    t.is((await send(bridge, 'good', rpc('echo'), { session: id })).status, 404)
    const refused = await send(bridge, 'good', rpc('initialize'))
    t.is(refused.status, 503)
    t.regex((await json(refused)).error?.message ?? '', /cannot be reached/)
    await bridge.runner?.again()
    const next = await open(bridge, 'good')
    t.is((await send(bridge, 'good', rpc('echo'), { session: next.id })).status, 200)
  })
}

test('a runner whose socket is gone is away, and no service is blamed for that', async (t) => {
  const services = {
    good: fixture('echoes.ts'),
    all: fixture('echoes.ts', { isolation: 'shared' }),
  }
  const bridge = await startBridge({ services: { ...services, echo: {} }, withRunner: true })
  t.teardown(() => bridge.stop())
  const { id } = await open(bridge, 'good')
  rmSync(bridge.runner?.socket ?? '')
  // More often than a service may fail before it has to wait.
  for (let attempt = 0; attempt < 4; attempt += 1) {
    for (const service of [...Object.keys(services), 'echo']) {
      const refused = await send(bridge, service, initializeBody())
      t.is(refused.status, 503)
      t.is(refused.headers.get('retry-after'), '2')
      const { error } = await json(refused)
      t.regex(error?.message ?? '', /could not be started now: try again later/)
    }
  }
  t.is((await send(bridge, 'good', rpc('echo'), { session: id })).status, 200, 'what runs goes on')
  await bridge.runner?.end('SIGTERM')
  await bridge.runner?.again()
  for (const service of Object.keys(services)) t.truthy((await open(bridge, service)).id)
})

test('without descriptors left it starts nothing, says so, and goes on when there are some', async (t) => {
  const starter = ['/bin/sh', '-c', 'ulimit -n 60; exec "$0" "$@"']
  const runner = await startRunner({ starter })
  t.teardown(() => runner.stop())
  const host = hostOf(runner)
  const running: HostedChild[] = []
  const endings: HostedEnding[] = []
  while (endings.length === 0 && running.length < 60) {
    const { child, lines } = await start(host)
    void child.ended.then((ending) => endings.push(ending))
    child.send('hello')
    await until(t, 'it runs or has failed', () => lines.length + endings.length === 1)
    running.push(child)
  }
  t.regex(endings[0]?.spawnError?.message ?? '', /spawn .*EMFILE/)
  t.true(endings[0]?.isTemporary)
  await Promise.all(running.map((child) => child.stop({ inputEndMs: 5000, terminateMs: 100 })))
  await Promise.all(running.map(({ gone }) => gone))
  const { child, lines } = await start(host)
  child.send('again')
  await until(t, 'its line comes back', () => lines.length === 1)
  await child.stop({ inputEndMs: 5000, terminateMs: 100 })
})

test('a flood through it costs other sessions no answer', async (t) => {
  const services = {
    good: fixture('echoes.ts'),
    bad: { command: process.execPath, args: [MISBEHAVES, 'notifies'] },
  }
  const bridge = await startBridge({ services, withRunner: true })
  t.teardown(() => bridge.stop())
  const good = await open(bridge, 'good')
  const bad = await open(bridge, 'bad', { caller: { user: 'dev:eve' } })
  const bytesBefore = [bridge, bridge.runner].map((one) => memoryOf(one?.process.pid))
  const leave = new AbortController()
  send(bridge, 'bad', rpc('go'), {
    session: bad.id,
    caller: { user: 'dev:eve' },
    accept: 'application/json',
    signal: leave.signal,
  }).catch(() => {})
  for (let count = 0; count < 20; count += 1) {
    const signal = AbortSignal.timeout(10_000)
    t.is((await send(bridge, 'good', rpc('echo'), { session: good.id, signal })).status, 200)
    await sleep(50)
  }
  for (const [index, one] of [bridge, bridge.runner].entries()) {
    t.true(memoryOf(one?.process.pid) - (bytesBefore[index] ?? 0) < 250 * 1024 * 1024)
  }
  leave.abort()
})

test('a bridge that leaves takes its own children along, not those of others', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const [leaving, staying] = [hostOf(runner), hostOf(runner)]
  const one = await start(leaving, STUBBORN)
  const two = await start(staying, STUBBORN)
  await until(t, 'both run', () => one.lines.length === 1 && two.lines.length === 1)
  await leaving.stopAll({ inputEndMs: 0, terminateMs: 100 })
  t.false(isAlive(Number(one.lines[0])))
  t.true(isAlive(Number(two.lines[0])))
  await staying.stopAll({ inputEndMs: 0, terminateMs: 100 })
})

/** What it answers before it closes the connection. */
async function speak(runner: RunnerProgram, bytes: Buffer): Promise<string[]> {
  const socket = connect(runner.socket)
  const said: string[] = []
  const reader = new PacketReader(100_000, (kind, content) => said.push(`${kind} ${content}`))
  socket.on('data', (chunk: Buffer) => reader.write(chunk))
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return said
}

for (const [what, bytes, answer] of [
  ['no packet', Buffer.from('GET / HTTP/1.1\r\n\r\n'), undefined],
  ['what is no JSON', toPacket('hello', '{'), undefined],
  ['another version', toPacket('hello', '{"version":99,"bridge":"x"}'), /^refused .*version 2/],
  ['a line before its launch', toPacket('line', '{}'), undefined],
  ['a launch for nobody', toPacket('launch', '{"bridge":"x","order":{}}'), /^ended .*know this/],
  ['a length beyond the bound', Buffer.from([0xff, 0xff, 0xff, 0xff, 0]), undefined],
] as const) {
  test.serial(`who says ${what} is cut off, and nobody else`, async (t) => {
    const said = await speak(shared, bytes)
    if (answer !== undefined) t.regex(said[0] ?? '', answer)
    else t.deepEqual(said, [])
    await hostOf(shared).ready()
    t.is(shared.process.exitCode, null)
  })
}
