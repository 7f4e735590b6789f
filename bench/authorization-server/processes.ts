/** Processes on a core of their own, and the CPU they use (Linux: `taskset` and `/proc`). */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The server under test has a core for itself. */
export const SERVER_CORE = 0
/** Whoever asks it and what it stores in share the other one. */
export const LOAD_CORE = 1

/** `/proc` counts in these (`USER_HZ`), on every Linux. */
const TICKS_PER_SECOND = 100

export interface PinnedProcess {
  readonly pid: number
  stop(): Promise<void>
}

export interface PinnedOptions {
  readonly core: number
  readonly environment?: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

/** Starts a program whose output nobody reads; it is there when `socket` is. */
export async function startPinned(
  [command = '', ...args]: readonly string[],
  socket: string,
  { core, environment, workingDirectory }: PinnedOptions,
): Promise<PinnedProcess> {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    cwd: workingDirectory,
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(environment === undefined ? {} : { env: { ...environment } }),
  })
  await waitForSocket(child, socket)
  return {
    // taskset becomes the program it starts.
    pid: child.pid ?? 0,
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** This process, with all its threads. */
export function pinSelf(core: number): void {
  const { status } = spawnSync('taskset', ['-acp', String(core), String(process.pid)])
  if (status !== 0) throw new Error('this benchmark needs Linux, taskset, and two cores')
}

/** CPU time a process has used so far, all threads, in microseconds. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name before it may have blanks; after it, user and system time are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return toMicroseconds(Number(fields[11]) + Number(fields[12]))
}

/** Time a core has been busy so far, whoever used it, in microseconds. */
export function busyTimeOf(core: number): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`cpu${core} `))
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line ?? '')
    .split(' ')
    .slice(1)
    .map(Number)
  return toMicroseconds(user + nice + system + irq + softirq + steal)
}

function toMicroseconds(ticks: number): number {
  return (ticks * 1_000_000) / TICKS_PER_SECOND
}

const START_MS_MAX = 20_000
const LOOK_EVERY_MS = 20

async function waitForSocket(child: ChildProcess, socket: string): Promise<void> {
  const deadline = Date.now() + START_MS_MAX
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended at once`)
    if (Date.now() > deadline) throw new Error(`${socket} did not appear`)
    await sleep(LOOK_EVERY_MS)
  }
}
