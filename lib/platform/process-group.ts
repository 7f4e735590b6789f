/**
 * Child processes in groups of their own, ended as a whole, also when this process is killed.
 *
 * Ending: close stdin (where it is a pipe), SIGTERM to the group, SIGKILL to the group, each after a
 * bounded wait. A watchdog does the same when we die without notice, and to what others may take over
 * when we are frozen. What starts a session of its own leaves the group; on Linux it is still found by the marker in its environment. What clears its
 * environment as well escapes, as docs/architecture.md says.
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { SpawnError } from './spawn-error.ts'
import { createDeadline, startWatchdog, type Watchdog } from './watchdog.ts'

/** A variable every child carries, so that what left its group can be told to be ours. */
export interface Marker {
  readonly name: string
  readonly value: string
}

export interface LaunchOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment: nothing is inherited. The marker is added. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string | undefined
  readonly stdio: SpawnOptions['stdio']
  /** Another account than ours, its group of the same number and no further one; only root can give it. */
  readonly uid?: number | undefined
  /** For what others may take over: it ends with the deadline. Of this launch alone, in `env`. */
  readonly lent?: Marker | undefined
  /** What errors call the program, where `command` is not for everybody's eyes. */
  readonly calledInErrors?: string
}

/** How a child ended; `spawnError` when it never began: a `SpawnError`. */
export interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly spawnError?: Error
}

export interface StopWaits {
  /** After stdin was closed, before SIGTERM; 0 sends SIGTERM at once. */
  readonly inputEndMs: number
  /** After SIGTERM, before SIGKILL. */
  readonly terminateMs: number
}

export interface GroupedProcess {
  readonly child: ChildProcess
  /** Undefined when the spawn failed; `ended` then tells why. */
  readonly pid: number | undefined
  /** Resolves, never rejects, when the leader has ended. */
  readonly ended: Promise<Ending>
  /**
   * Resolves when nobody is left in its group: who was told to end has the time for it, also when the leader
   * has ended before; after an end that nobody asked for the others are killed at once.
   */
  readonly emptied: Promise<void>
  /** Ends the group; calling again joins the first call. */
  stop(waits: StopWaits): Promise<Ending>
}

export interface ProcessGroups {
  /** @throws SpawnError for arguments or variables that no program can have. */
  launch(options: LaunchOptions): GroupedProcess
  /**
   * What is lent ends within so many milliseconds unless this is called again before; Infinity: with us.
   * The watchdog counts, so it holds when we are frozen.
   */
  endUnlessRenewed(withinMs: number): void
  /** Ends every group still alive, all at once, then the watchdog. */
  stopAll(waits: StopWaits): Promise<void>
}

/** Whether somebody is left in a group nobody tells. */
const LOOK_MS = 20

/** `graceSeconds`: what the watchdog leaves between SIGTERM and SIGKILL once we are gone. */
export function createProcessGroups(marker: Marker, graceSeconds: number): ProcessGroups {
  const watchdog = startWatchdog(marker, graceSeconds)
  const deadline = createDeadline(watchdog, graceSeconds * 1000)
  const alive = new Set<GroupedProcess>()
  return {
    launch(options) {
      const grouped = launchGroup(options, marker, watchdog)
      // A deadline that was told before does not know of this group.
      if (options.lent !== undefined) deadline.repeat()
      alive.add(grouped)
      void grouped.emptied.then(() => alive.delete(grouped))
      return grouped
    },
    endUnlessRenewed: (withinMs) => deadline.set(withinMs),
    async stopAll(waits) {
      await Promise.all([...alive].map((grouped) => grouped.stop(waits)))
      watchdog.close()
    },
  }
}

function launchGroup(options: LaunchOptions, marker: Marker, watchdog: Watchdog): GroupedProcess {
  const { command, calledInErrors: name = command } = options
  const child = spawnGroup(options, marker, name)
  const { pid } = child
  if (pid !== undefined) watchdog.guard(pid, options.lent)
  const { promise: emptied, resolve: noteEmpty } = Promise.withResolvers<void>()
  let stopping: Promise<Ending> | undefined
  const ended = watchEnd(child, name)
  void ended.then(async () => {
    if (stopping === undefined) signalGroup(pid, 'SIGKILL')
    else await stopping
    if (pid !== undefined) watchdog.release(pid)
    noteEmpty()
  })
  return {
    child,
    pid,
    ended,
    emptied,
    async stop(waits) {
      stopping ??= stopGroup(child, ended, waits)
      const ending = await stopping
      await emptied
      return ending
    },
  }
}

/** @throws SpawnError for arguments or variables that no program can have. */
function spawnGroup(options: LaunchOptions, marker: Marker, name: string): ChildProcess {
  try {
    return spawn(options.command, [...options.args], {
      env: { ...options.env, [marker.name]: marker.value },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
      stdio: options.stdio ?? 'ignore',
      detached: true,
      shell: false,
    })
  } catch (cause) {
    throw new SpawnError(name, cause)
  }
}

function watchEnd(child: ChildProcess, name: string): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>()
  child.once('error', (cause) => {
    // The same event tells of a failed kill or send, when the child is alive.
    if (child.pid !== undefined) return
    resolve({ exitCode: null, signal: null, spawnError: new SpawnError(name, cause) })
  })
  child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  return promise
}

/** A leader that only waits for a program ends before that program has put its things in order. */
async function stopGroup(
  child: ChildProcess,
  ended: Promise<Ending>,
  waits: StopWaits,
): Promise<Ending> {
  const { pid } = child
  child.stdin?.end()
  const hasEnded = await endsWithin(ended, child.stdin === null ? 0 : waits.inputEndMs)
  if (hasEnded && !isLeft(pid)) return await ended
  signalGroup(pid, 'SIGTERM')
  if (!(await emptiesWithin(pid, ended, waits.terminateMs))) signalGroup(pid, 'SIGKILL')
  return await ended
}

async function emptiesWithin(
  pid: number | undefined,
  ended: Promise<Ending>,
  waitMs: number,
): Promise<boolean> {
  const until = performance.now() + waitMs
  if (!(await endsWithin(ended, waitMs))) return false
  for (; isLeft(pid); await sleep(LOOK_MS)) if (performance.now() >= until) return false
  return true
}

async function endsWithin(ended: Promise<Ending>, waitMs: number): Promise<boolean> {
  if (waitMs === 0) return false
  const { promise, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), waitMs)
  const inTime = await Promise.race([ended.then(() => true as const), promise])
  clearTimeout(timer)
  return inTime
}

function signalGroup(groupId: number | undefined, signal: NodeJS.Signals): void {
  if (groupId !== undefined) reaches(groupId, signal)
}

function isLeft(groupId: number | undefined): boolean {
  return groupId !== undefined && reaches(groupId, 0)
}

/** False when nobody is left in the group: ESRCH. */
function reaches(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal)
  } catch {
    return false
  }
}
