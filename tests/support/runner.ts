/** A real runner program on a real unix socket. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const MAIN = join(import.meta.dirname, '../../mcp-bridge/runner/main.ts')

export interface RunnerProgram {
  readonly socket: string
  /** In it a folder for what each service stores. */
  readonly data: string
  readonly process: ChildProcess
  /** Everything it has printed on stdout, and on stderr. */
  readonly printed: { out: string; log: string }
  /** Ends it by a signal; its folder stays. */
  end(signal: NodeJS.Signals): Promise<number | null>
  /** Another one in its place. */
  again(): Promise<RunnerProgram>
  stop(): Promise<void>
}

export interface RunnerOptions {
  /** What starts it, with its arguments; the runner's own are added. */
  readonly starter?: readonly string[]
  /** In the environment of every child. */
  readonly marker?: string
  /** The only one it has, beside what it must have. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The services as the configuration of a bridge has them, their processes started by the runner. */
export function hostedBy(
  { socket }: Pick<RunnerProgram, 'socket'>,
  services: Readonly<Record<string, object>>,
): Record<string, object> {
  const entries = Object.entries(services)
  return Object.fromEntries(entries.map(([name, more]) => [name, { ...more, runner: socket }]))
}

export async function startRunner(options: RunnerOptions = {}): Promise<RunnerProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'))
  let running: RunnerProgram | undefined
  const run = async (): Promise<RunnerProgram> => {
    running = { ...(await launch(folder, options)), again: run, stop }
    return running
  }
  const stop = async (): Promise<void> => {
    await running?.end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  return await run()
}

async function launch(
  folder: string,
  { marker, environment, starter = [] }: RunnerOptions,
): Promise<Omit<RunnerProgram, 'again' | 'stop'>> {
  const socket = join(folder, 'r.sock')
  const data = join(folder, 'data')
  const [program = '', ...args] = [...starter, process.execPath, MAIN]
  const child = spawn(program, args, {
    env: {
      MCP_RUNNER_SOCKET: socket,
      MCP_RUNNER_DATA: data,
      LOG_LEVEL: 'debug',
      ...(marker === undefined ? {} : { GATEWAY_MARKER: marker }),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = { out: '', log: '' }
  child.stdout.on('data', (chunk) => {
    printed.out += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    printed.log += String(chunk)
  })
  while (!printed.out.includes('ready\n')) {
    if (child.exitCode !== null) throw new Error(`the runner did not start: ${printed.log}`)
    await sleep(20)
  }
  return {
    socket,
    data,
    process: child,
    printed,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}
