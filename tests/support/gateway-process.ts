/** The `gateway` command as a process of its own, in folders that go when the test ends. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { instanceOf } from '../../cli/instance/leftovers.ts'
import { socketFolder } from '../../lib/platform/unix-socket.ts'
import { freePort } from './free-port.ts'

const STAND_INS = join(import.meta.dirname, '../fixtures/rooms/start.ts')

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface GatewayProcess {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with stdout so far once it has this line. */
  line(text: string, timeoutMs?: number): Promise<string>
}

export interface Place {
  readonly folder: string
  readonly state: string
  readonly port: number
  /** The command line with stand-ins for the rooms. */
  readonly program: string
  readonly env: NodeJS.ProcessEnv
  gateway(args: readonly string[], env?: NodeJS.ProcessEnv): GatewayProcess
  /** Processes that carry the marker of this state directory. */
  remaining(): number[]
}

/** A folder with ports of its own; whatever still runs there at the end is killed. */
export async function makePlace(t: ExecutionContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'gw-'))
  const state = join(folder, 'state')
  const port = await freePort()
  const env = {
    ...process.env,
    GATEWAY_STATE_DIR: state,
    GATEWAY_PORT: String(port),
    GATEWAY_ADMIN_PORT: String(await freePort()),
    GATEWAY_METRICS_PORT: String(await freePort()),
    npm_lifecycle_event: undefined,
  }
  const remaining = (): number[] => marked(instanceOf(state))
  const children: ChildProcess[] = []
  t.teardown(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const pid of remaining()) endAtOnce(pid)
    for (const path of [folder, socketFolder(state, env)]) {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 })
    }
  })
  return {
    folder,
    state,
    port,
    program: STAND_INS,
    env,
    remaining,
    gateway(args, more = {}) {
      const started = run([process.execPath, STAND_INS, ...args], folder, { ...env, ...more })
      children.push(started.child)
      return started
    },
  }
}

export function run(
  [command = '', ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): GatewayProcess {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  const { promise: ended, resolve } = Promise.withResolvers<Ended>()
  child.once('close', (exitCode) => resolve({ exitCode, ...text }))
  return {
    child,
    ended,
    async line(wanted, timeoutMs = 30_000) {
      await until(
        () => text.stdout.split('\n').includes(wanted) || child.exitCode !== null,
        timeoutMs,
      )
      if (text.stdout.split('\n').includes(wanted)) return text.stdout
      throw new Error(`no line "${wanted}" in:\n${text.stdout}\n${text.stderr}`)
    },
  }
}

export async function until(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  for (let waited = 0; waited < timeoutMs; waited += 50) {
    if (await isSo()) return
    await sleep(50)
  }
  if (!(await isSo())) throw new Error(`not so after ${timeoutMs} ms: ${isSo.toString()}`)
}

/** Its watchdog may have been faster. */
function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function marked(instance: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(
        `MCP_GATEWAY_INSTANCE=${instance}`,
      )
    } catch {
      return false
    }
  })
}
