/**
 * Child processes in groups of their own, ended as a whole, also when this process is killed.
 *
 * Ending: close stdin (where it is a pipe), SIGTERM to the group, SIGKILL to the group, each after a
 * bounded wait. A watchdog does the same when we die without notice, or are frozen while we hold
 * what others may take over. What starts a session of its own
 * leaves the group; on Linux it is still found by the marker in its environment. What clears its
 * environment as well escapes, as docs/architecture.md says.
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'

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
}

/** How a child ended; `spawnError` when it never began. */
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
  /** Resolves, never rejects, when the leader has ended and the rest of its group was killed. */
  readonly ended: Promise<Ending>
  /** Ends the group; calling again joins the first call. */
  stop(waits: StopWaits): Promise<Ending>
}

export interface ProcessGroups {
  launch(options: LaunchOptions): GroupedProcess
  /**
   * Everything ends within so many milliseconds unless this is called again before; Infinity: with us.
   * The watchdog counts, so it holds when we are frozen.
   */
  endUnlessRenewed(withinMs: number): void
  /** Ends every group still alive, all at once, then the watchdog. */
  stopAll(waits: StopWaits): Promise<void>
}

/** `graceSeconds`: what the watchdog leaves between SIGTERM and SIGKILL once we are gone. */
export function createProcessGroups(marker: Marker, graceSeconds: number): ProcessGroups {
  const watchdog = startWatchdog(marker, graceSeconds)
  const deadline = createDeadline(watchdog, graceSeconds * 1000)
  const alive = new Set<GroupedProcess>()
  return {
    launch(options) {
      const grouped = launchGroup(options, marker, watchdog)
      // A deadline that was told before does not know of this group.
      deadline.repeat()
      alive.add(grouped)
      void grouped.ended.then(() => alive.delete(grouped))
      return grouped
    },
    endUnlessRenewed: (withinMs) => deadline.set(withinMs),
    async stopAll(waits) {
      await Promise.all([...alive].map((grouped) => grouped.stop(waits)))
      watchdog.close()
    },
  }
}

interface Deadline {
  /** Milliseconds from now. */
  set(withinMs: number): void
  repeat(): void
}

/** Each telling costs the watchdog a process: an earlier deadline is told at once, a later one now and then. */
const TOLD_AGAIN_MS = 1000
/** Of the time that is left, so much is for the step from the first signal to the last. */
const LAST_STEP = 0.25

function createDeadline(watchdog: Watchdog, graceMs: number): Deadline {
  let dueAt = Number.POSITIVE_INFINITY
  let toldDueAt = Number.POSITIVE_INFINITY
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (): void => {
    toldDueAt = dueAt
    toldAt = performance.now()
    const withinMs = Math.max(0, dueAt - toldAt)
    watchdog.endIn(withinMs, Math.min(graceMs, withinMs * LAST_STEP))
  }
  return {
    set(withinMs) {
      const now = performance.now()
      dueAt = now + withinMs
      const toldAgainMs = Math.min(TOLD_AGAIN_MS, withinMs * LAST_STEP)
      // One that was told a moment ago is only a little too strict; but none may stay told for ever.
      const isOnlyLater = dueAt > toldDueAt && dueAt !== Number.POSITIVE_INFINITY
      if (dueAt === toldDueAt || (isOnlyLater && now - toldAt < toldAgainMs)) return
      tell()
    },
    repeat() {
      if (dueAt !== Number.POSITIVE_INFINITY) tell()
    },
  }
}

interface Watchdog {
  guard(groupId: number): void
  release(groupId: number): void
  /** All groups that it guards now, the last step included; Infinity takes it back. */
  endIn(withinMs: number, lastStepMs: number): void
  close(): void
}

function startWatchdog({ name, value }: Marker, graceSeconds: number): Watchdog {
  const script = join(import.meta.dirname, 'watchdog.sh')
  const process = spawn('/bin/sh', [script, String(graceSeconds), `${name}=${value}`], {
    // A group of its own: Ctrl-C in a terminal must not reach it. No marker: it must not find itself.
    detached: true,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  process.unref()
  const input = process.stdin
  // Without a watchdog we go on: ending in order does not need it.
  input.on('error', () => {})
  process.on('error', () => {})
  if ('unref' in input && typeof input.unref === 'function') input.unref()
  return {
    guard: (groupId) => void input.write(`+${groupId}\n`),
    release: (groupId) => void input.write(`-${groupId}\n`),
    endIn(withinMs, lastStepMs) {
      const seconds = ((withinMs - lastStepMs) / 1000).toFixed(3)
      const tenths = Math.floor(lastStepMs / 100)
      input.write(withinMs === Number.POSITIVE_INFINITY ? '=\n' : `=${seconds} ${tenths}\n`)
    },
    close: () => input.end(),
  }
}

function launchGroup(options: LaunchOptions, marker: Marker, watchdog: Watchdog): GroupedProcess {
  const child = spawn(options.command, [...options.args], {
    env: { ...options.env, [marker.name]: marker.value },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    stdio: options.stdio ?? 'ignore',
    detached: true,
    shell: false,
  })
  const { pid } = child
  if (pid !== undefined) watchdog.guard(pid)
  const ended = watchEnd(child, watchdog)
  let stopping: Promise<Ending> | undefined
  return {
    child,
    pid,
    ended,
    stop(waits) {
      stopping ??= stopGroup(child, ended, waits)
      return stopping
    },
  }
}

function watchEnd(child: ChildProcess, watchdog: Watchdog): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>()
  child.once('error', (spawnError) => {
    // The same event tells of a failed kill or send, when the child is alive.
    if (child.pid === undefined) resolve({ exitCode: null, signal: null, spawnError })
  })
  child.once('exit', (exitCode, signal) => {
    if (child.pid !== undefined) {
      signalGroup(child.pid, 'SIGKILL')
      watchdog.release(child.pid)
    }
    resolve({ exitCode, signal })
  })
  return promise
}

async function stopGroup(
  child: ChildProcess,
  ended: Promise<Ending>,
  waits: StopWaits,
): Promise<Ending> {
  const { pid } = child
  if (pid === undefined) return await ended
  child.stdin?.end()
  if (await endsWithin(ended, child.stdin === null ? 0 : waits.inputEndMs)) return await ended
  signalGroup(pid, 'SIGTERM')
  if (await endsWithin(ended, waits.terminateMs)) return await ended
  signalGroup(pid, 'SIGKILL')
  return await ended
}

async function endsWithin(ended: Promise<Ending>, waitMs: number): Promise<boolean> {
  if (waitMs === 0) return false
  const { promise, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), waitMs)
  const inTime = await Promise.race([ended.then(() => true as const), promise])
  clearTimeout(timer)
  return inTime
}

function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal)
  } catch {
    // ESRCH: nobody is left in the group, which is what we want.
  }
}
