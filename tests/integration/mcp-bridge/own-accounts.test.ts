/** A runner that gives each person's processes an account of their own; only root can try that. */

import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import type { HostedChild, LaunchOrder } from '../../../mcp-bridge/runner/host.ts'
import { RemoteHost } from '../../../mcp-bridge/runner/remote-host.ts'
import { needsRoot } from '../../support/needs.ts'
import { processesOf } from '../../support/process-figures.ts'
import { type RunnerProgram, startRunner } from '../../support/runner.ts'

const RANGE = { MCP_RUNNER_UIDS: '27100-27102', MCP_RUNNER_USER_PROCESSES: '40' }
const FIRST = 27_100
/** As in its container: root that may hardly more than others. */
const CONFINED = ['setpriv', '--bounding-set=-all,+setuid,+setgid,+kill', '--']
const WAITS = { inputEndMs: 300, terminateMs: 1000 }

async function startWithAccounts(t: ExecutionContext): Promise<RunnerProgram> {
  const environment = { ...RANGE, PATH: process.env['PATH'] ?? '' }
  const runner = await startRunner({ environment, starter: CONFINED })
  t.teardown(() => runner.stop())
  // As the folder of a container is: persons get through to what is theirs.
  chmodSync(dirname(runner.data), 0o755)
  return runner
}

const hostOf = ({ socket }: RunnerProgram): RemoteHost =>
  new RemoteHost(socket, {
    clock: () => Date.now(),
    log: createLog('test', 'error', { write: () => {} }),
  })

/** A shell that does what it is told a line, and says `.` after each. */
const SHELL = 'while read -r line; do eval "$line"; echo .; done'

function shellOf(owner: string, more: Partial<LaunchOrder> = {}): LaunchOrder {
  return {
    service: 'shell',
    owner,
    command: '/bin/sh',
    args: ['-c', SHELL],
    env: {},
    cwd: '/',
    folders: [],
    stopCommand: undefined,
    isLent: false,
    frameBytesMax: 1024 * 1024,
    ...more,
  }
}

const silentFor = async (line: string): Promise<never> => {
  await sleep(20_000, undefined, { ref: false })
  throw new Error(`no answer to ${line}`)
}

interface Shell {
  readonly child: HostedChild
  /** What it prints when told so, without errors. */
  tell(line: string): Promise<string>
}

async function start(host: RemoteHost, order: LaunchOrder): Promise<Shell> {
  await host.ready()
  let lines: string[] = []
  let done = Promise.withResolvers<void>()
  const child = host.launch(order, {
    frame(line) {
      const text = line.toString('utf8')
      if (text === '.') done.resolve()
      else lines.push(text)
    },
    oversized: () => {},
  })
  return {
    child,
    async tell(line) {
      lines = []
      done = Promise.withResolvers()
      child.send(line)
      const ended = child.ended.then(({ stderr, spawnError }) => {
        throw new Error(`it has ended: ${spawnError?.message ?? stderr}`)
      })
      await Promise.race([done.promise, ended, silentFor(line)])
      return lines.join('\n')
    },
  }
}

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await sleep(50)
  t.true(holds(), what)
}

needsRoot(
  'each person has an account and a folder, sees nothing of another, and can become nobody else',
  async (t) => {
    const runner = await startWithAccounts(t)
    const host = hostOf(runner)
    const ann = await start(host, shellOf('uann'))
    const bob = await start(host, shellOf('ubob'))
    t.is(await ann.tell('id -u; id -g; id -G; pwd'), `${FIRST}\n${FIRST}\n${FIRST}\n/`)
    const { tell } = await start(host, shellOf('uann', { cwd: join(runner.data, 'shell') }))
    t.is(await tell('pwd'), join(runner.data, 'shell/uann'))
    t.is(await bob.tell('id -u'), String(FIRST + 1))
    const home = join(runner.data, 'shell/uann')
    t.is(await ann.tell('echo "$HOME $TMPDIR $USER"; umask'), `${home} ${home}/.tmp uann\n0077`)
    const { uid, mode } = statSync(home)
    t.deepEqual([uid, mode & 0o777], [FIRST, 0o700])
    await ann.tell('echo private > "$HOME/note"')
    t.is(
      await bob.tell(`cat ${home}/note 2>&1; ls ${home} ${home}/.. 2>&1 | grep -c denied`),
      `cat: ${home}/note: Permission denied\n2`,
    )

    const nothing = '^Cap(Inh|Prm|Eff|Amb):\\s*0+$|^NoNewPrivs:\\s*1$'
    t.is(await bob.tell(`grep -cE '${nothing}' /proc/self/status`), '5')
    const pid = await ann.tell('echo $$')
    t.is(await bob.tell(`kill -9 ${pid} 2>&1 | grep -c permitted`), '1')
    t.is(await bob.tell(`cat /proc/${pid}/environ 2>&1 | grep -c denied`), '1')
    t.is(await bob.tell(`(: >>${runner.data}/.uids.json) 2>/dev/null || echo closed`), 'closed')
    t.is(await bob.tell(`mkdir ${runner.data}/shell/ueve 2>&1 | grep -c denied`), '1')
    await host.stopAll(WAITS)
  },
)

needsRoot(
  'with the last of a person’s processes everything of that account ends, and nothing of another',
  async (t) => {
    const runner = await startWithAccounts(t)
    const host = hostOf(runner)
    const stays = await start(host, shellOf('ubob'))
    const first = await start(host, shellOf('uann'))
    const second = await start(host, shellOf('uann'))
    // It leaves its group and its environment: nothing marks it.
    await first.tell('setsid env -i sleep 600 >/dev/null 2>&1 </dev/null &')
    await until(t, 'all three run', () => processesOf(FIRST + 1) === 3)
    let figures = await first.child.figures()
    // On a machine that stalls it may not know in time.
    for (let more = 0; more < 5 && figures === undefined; more += 1) {
      figures = await first.child.figures()
    }
    t.is(figures?.processes, 3, 'all that the account has')
    await first.child.stop(WAITS)
    await first.child.gone
    t.is(processesOf(FIRST + 1), 2, 'the second process may need it still')
    await second.child.stop(WAITS)
    await second.child.gone
    t.is(processesOf(FIRST + 1), 0)
    t.is(await stays.tell('echo here'), 'here')
    await host.stopAll(WAITS)
  },
)

needsRoot('a fork bomb is bounded, leaves others room, and ends with its session', async (t) => {
  const runner = await startWithAccounts(t)
  const host = hostOf(runner)
  const ann = await start(host, shellOf('uann'))
  await ann.tell('(while :; do sleep 600 & done) >/dev/null 2>&1 &')
  await until(t, 'it fills its account', () => processesOf(FIRST) >= 30)
  const bob = await start(host, shellOf('ubob'))
  t.is(await bob.tell('echo fine | cat'), 'fine')
  t.true(processesOf(FIRST) <= 40)
  await ann.child.stop(WAITS)
  await ann.child.gone
  t.is(processesOf(FIRST), 0)
  await host.stopAll(WAITS)
})

needsRoot(
  'numbers outlive the runner, are never another person’s, and run out aloud',
  async (t) => {
    const runner = await startWithAccounts(t)
    const uidOf = async (host: RemoteHost, owner: string): Promise<string> => {
      const { child, tell } = await start(host, shellOf(owner))
      const uid = await tell('id -u')
      await child.stop(WAITS)
      await child.gone
      return uid
    }
    const host = hostOf(runner)
    t.is(await uidOf(host, 'uann'), String(FIRST))
    t.is(await uidOf(host, 'ubob'), String(FIRST + 1))
    await runner.end('SIGKILL')
    const again = hostOf(await runner.again())
    t.is(await uidOf(again, 'ubob'), String(FIRST + 1))
    t.is(await uidOf(again, 'ueve'), String(FIRST + 2))
    await t.throwsAsync(uidOf(again, 'udan'), { message: /set a wider MCP_RUNNER_UIDS/ })
    t.is(statSync(join(runner.data, '.uids.json')).mode & 0o777, 0o600)
  },
)

needsRoot(
  'a table that is lost gives nobody what another has stored; a damaged one gives nothing',
  async (t) => {
    const runner = await startWithAccounts(t)
    const table = join(runner.data, '.uids.json')
    const host = hostOf(runner)
    const ann = await start(host, shellOf('uann'))
    await host.stopAll(WAITS)
    await ann.child.gone
    await runner.end('SIGTERM')
    writeFileSync(table, '{"next": 27100, "uids": {}}')
    const second = await runner.again()
    const bob = await start(hostOf(second), shellOf('ubob'))
    t.is(await bob.tell('id -u'), String(FIRST + 1))
    await second.end('SIGTERM')
    writeFileSync(table, '{"next": 271')
    const host3 = hostOf(await runner.again())
    const { ended } = (await start(host3, shellOf('ubob'))).child
    t.regex((await ended).spawnError?.message ?? '', /uids\.json is damaged: bring it back/)
  },
)

needsRoot(
  'what is nobody’s is not started, nor what lies in a folder of somebody else',
  async (t) => {
    const runner = await startWithAccounts(t)
    const host = hostOf(runner)
    const shared = await start(host, { ...shellOf('x'), owner: undefined })
    t.regex((await shared.child.ended).spawnError?.message ?? '', /needs isolation user or session/)
    mkdirSync(join(runner.data, 'shell/uann'), { recursive: true })
    const taken = await start(host, shellOf('uann'))
    t.regex((await taken.child.ended).spawnError?.message ?? '', /could not be made|not account/)
  },
)

needsRoot('the stop command runs as the person', async (t) => {
  const runner = await startWithAccounts(t)
  const host = hostOf(runner)
  const stopCommand = ['/bin/sh', '-c', 'id -u > "$HOME/stopped"']
  const { child } = await start(host, shellOf('uann', { stopCommand }))
  await child.stop(WAITS)
  await child.gone
  t.is(readFileSync(join(runner.data, 'shell/uann/stopped'), 'utf8'), `${FIRST}\n`)
})
