/** Processes on chosen cores, and what they use of processor and memory (Linux: `taskset` and `/proc`). */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunningProcess {
  readonly pid: number
  /** How it ended, in words; undefined while it runs. */
  ending(): string | undefined
  /** As a power cut does it. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface ProcessOptions {
  readonly cores: string
  readonly environment?: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

const running = new Set<ChildProcess>()

/** However this process ends, but for SIGKILL: nobody who was started for a measurement outlives it. */
export function endChildrenWithUs(): void {
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL')
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1))
  }
}

/** Its output goes nowhere, as what it says would cost the same in every row. */
export function startProcess(
  [command = '', ...args]: readonly string[],
  { cores, environment, workingDirectory }: ProcessOptions,
): RunningProcess {
  const child = spawn('taskset', ['-c', cores, command, ...args], {
    cwd: workingDirectory,
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(environment === undefined ? {} : { env: { ...environment } }),
  })
  running.add(child)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void exited.then(() => running.delete(child))
  return {
    // taskset becomes the program it starts.
    pid: child.pid ?? 0,
    ending() {
      const how = child.signalCode ?? child.exitCode
      return how === null ? undefined : `${[command, ...args].join(' ')} ended with ${how}`
    },
    kill: () => end(child, 'SIGKILL', exited),
    stop: () => end(child, 'SIGTERM', exited),
  }
}

const TERMINATE_MS = 5000

async function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<void>) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  const limit = new AbortController()
  const late = sleep(TERMINATE_MS, undefined, { signal: limit.signal }).then(
    () => child.kill('SIGKILL'),
    () => {},
  )
  await exited
  limit.abort()
  await late
}

const START_MS_MAX = 30_000
const LOOK_EVERY_MS = 20

/** @throws Error that names what never came. */
export async function waitUntil(what: string, isTrue: () => boolean | Promise<boolean>) {
  const deadline = Date.now() + START_MS_MAX
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${START_MS_MAX / 1000} s`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** @throws Error as soon as the process has ended instead. */
export async function waitForSocket(path: string, { ending }: RunningProcess): Promise<void> {
  await waitUntil(`a listener on ${path}`, () => {
    const how = ending()
    if (how !== undefined) throw new Error(how)
    return existsSync(path)
  })
}

/** CPU time that the threads alive now have used so far, in microseconds. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [ran] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    nanoseconds += Number(ran)
  }
  return nanoseconds / 1000
}

/** Memory that a process has in use, in megabytes. */
export function residentMegabytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** `/proc/stat` counts in these (`USER_HZ`), on every Linux. */
const TICKS_PER_SECOND = 100

/** Time that all cores have been busy so far, whoever used them, in microseconds. */
export function busyTimeOfMachine(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/ +/)
    .slice(1)
    .map(Number)
  return ((user + nice + system + irq + softirq + steal) * 1_000_000) / TICKS_PER_SECOND
}

/** How many cores others than this process and those named have used since, on average. */
export function watchOthers(pids: () => readonly number[]): () => number {
  const read = (): { readonly busy: number; readonly time: number } => {
    const { user, system } = process.cpuUsage()
    const ours = pids().reduce((sum, pid) => sum + cpuOf(pid), user + system)
    return { busy: busyTimeOfMachine() - ours, time: performance.now() * 1000 }
  }
  const before = read()
  return () => {
    const after = read()
    return Math.max(0, (after.busy - before.busy) / (after.time - before.time))
  }
}
