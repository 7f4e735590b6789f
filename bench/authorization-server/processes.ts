/** Processes on a core of their own, and the CPU they use (Linux: `taskset` and `/proc`). */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type RunningProcess, startProcess, waitForSocket } from '../edge/processes.ts'

/** The server under test has a core for itself. */
export const SERVER_CORE = 0
/** Whoever asks it and what it stores in share the other one. */
export const LOAD_CORE = 1

/** `/proc` counts in these (`USER_HZ`), on every Linux. */
const TICKS_PER_SECOND = 100

export type PinnedProcess = RunningProcess

export interface PinnedOptions {
  readonly core: number
  readonly environment?: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

/** Starts a program whose output nobody reads; it is there when `socket` is. */
export async function startPinned(
  command: readonly string[],
  socket: string,
  { core, environment, workingDirectory }: PinnedOptions,
): Promise<PinnedProcess> {
  const running = startProcess(command, {
    cores: String(core),
    workingDirectory,
    ...(environment === undefined ? {} : { environment }),
  })
  await waitForSocket(socket, running)
  return running
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
