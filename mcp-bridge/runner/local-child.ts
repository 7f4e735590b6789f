/**
 * One child on the pipes of this process: read no faster than its rate allows, never written more
 * than it reads, ended when it closes a pipe, followed until nothing of it is left.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Ending, GroupedProcess, StopWaits } from '../../lib/platform/process-group.ts'
import { LAST_OUTPUT_MS, STOP_COMMAND_MS, STOP_WAITS } from '../limits.ts'
import type { Usage } from './figures.ts'
import { FrameReader } from './framing.ts'
import type { Figures, HostedChild, HostedEnding, HostedEvents } from './host.ts'
import { assertTaken } from './input-queue.ts'
import { isOfMachine } from './never-begun.ts'
import { OutputRate } from './output-rate.ts'
import { drainStderr } from './stderr.ts'
import type { Sweep } from './sweep.ts'

export interface ChildPorts {
  readonly sweep: Sweep
  readonly usage: Usage
  readonly clock: Clock
  readonly log: Log
  /** What may wait to be read by its stdin, where that is not the usual. */
  readonly inputBytesMax?: number
}

interface Launched {
  readonly grouped: GroupedProcess
  readonly marker: string
  /** Of the account that it has for itself. */
  readonly uid: number | undefined
  readonly service: string
  readonly frameBytesMax: number
  readonly events: HostedEvents
  readonly secrets: readonly string[]
}

interface LocalChildPorts extends ChildPorts {
  /** Starts the stop command, if the service has one. */
  readonly launchLast: () => GroupedProcess | undefined
  /** Ends what belongs to the account that the child had for itself. */
  readonly release: (() => Promise<void>) | undefined
}

export class LocalChild implements HostedChild {
  readonly pid: number | undefined
  readonly ended: Promise<HostedEnding>
  readonly gone: Promise<void>
  readonly #grouped: GroupedProcess
  readonly #marker: string
  readonly #uid: number | undefined
  readonly #usage: Usage
  readonly #inputBytesMax: number | undefined
  readonly #outputEnded: Promise<void>
  readonly #rate: OutputRate
  #pauses = 0

  constructor(launched: Launched, ports: LocalChildPorts) {
    const { grouped, marker, service, secrets } = launched
    this.#grouped = grouped
    this.#marker = marker
    this.#uid = launched.uid
    this.#usage = ports.usage
    this.#inputBytesMax = ports.inputBytesMax
    this.#rate = new OutputRate(ports.clock)
    this.pid = grouped.pid
    const { stderr } = grouped.child
    const log = ports.log.child({ service, child_pid: grouped.pid })
    // Without descriptors left Node makes a child that has no pipes at all.
    const tail = stderr ? drainStderr(stderr, { log, clock: ports.clock, secrets }) : () => ''
    this.#outputEnded = this.#read(launched)
    this.#watchInput(launched.events)
    this.ended = this.#end(tail)
    this.gone = this.#leave(ports, log)
  }

  get unreadBytes(): number {
    return this.#grouped.child.stdin?.writableLength ?? 0
  }

  send(line: string): void {
    const { stdin } = this.#grouped.child
    if (!stdin?.writable) return
    assertTaken(stdin.writableLength, line, this.#inputBytesMax)
    this.#rate.sent()
    stdin.write(`${line}\n`)
  }

  pause(): void {
    this.#pauses += 1
    this.#grouped.child.stdout?.pause()
  }

  resume(): void {
    this.#pauses -= 1
    if (this.#pauses === 0) this.#grouped.child.stdout?.resume()
  }

  async stop(waits: StopWaits): Promise<HostedEnding> {
    await this.#grouped.stop(waits)
    return await this.ended
  }

  async figures(): Promise<Figures | undefined> {
    if (this.pid === undefined) return undefined
    return await this.#usage.of({ group: this.pid, marker: this.#marker, uid: this.#uid })
  }

  /** Resolves when there is nothing more to be read. */
  #read({ frameBytesMax, events }: Launched): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { stdout } = this.#grouped.child
    const reader = new FrameReader(frameBytesMax, events)
    stdout?.on('data', (chunk: Buffer) => {
      const lines = reader.write(chunk)
      const waitMs = this.#rate.took(chunk.length, Math.max(1, lines))
      if (waitMs > 0) this.#pauseFor(waitMs)
    })
    stdout?.on('error', () => {
      // As with stderr: the ending tells.
    })
    stdout?.once('close', () => {
      resolve()
      // Whoever cannot answer any more is of no use: most have ended in this moment.
      void this.#grouped.stop(STOP_WAITS)
    })
    return promise
  }

  #pauseFor(waitMs: number): void {
    this.pause()
    setTimeout(() => this.resume(), waitMs).unref()
  }

  #watchInput({ drained }: HostedEvents): void {
    const { stdin } = this.#grouped.child
    // EPIPE from a child that ended, or closed its input and so cannot hear of anything any more.
    stdin?.on('error', () => void this.#grouped.stop(STOP_WAITS))
    if (drained !== undefined) stdin?.on('drain', drained)
  }

  /** Its last words belong to it: an answer may still stand in the pipe when it has ended. */
  async #end(tail: () => string): Promise<HostedEnding> {
    const ending = await this.#grouped.ended
    if (ending.spawnError === undefined) {
      await Promise.race([this.#outputEnded, sleep(LAST_OUTPUT_MS)])
    }
    return { ...ending, stderr: tail(), isTemporary: isOfMachine(ending.spawnError) }
  }

  async #leave({ sweep, launchLast, release }: LocalChildPorts, log: Log): Promise<void> {
    const { spawnError } = await this.ended
    await this.#grouped.emptied
    if (spawnError === undefined) {
      await sweep.after(this.#marker)
      const last = await runLast(launchLast, log)
      if (last) await sweep.after(this.#marker)
    }
    await release?.()
    const { stdin, stdout, stderr } = this.#grouped.child
    // What escaped us may hold the other ends: ours are closed.
    for (const stream of [stdin, stdout, stderr]) stream?.destroy()
  }
}

/** Whether there was one. */
async function runLast(launchLast: LocalChildPorts['launchLast'], log: Log): Promise<boolean> {
  const last = tryLaunch(launchLast, log)
  if (last === undefined) return false
  const cut = setTimeout(() => {
    log.warn('the stop command takes too long')
    void last.stop({ inputEndMs: 0, terminateMs: 0 })
  }, STOP_COMMAND_MS)
  const ending: Ending = await last.ended
  clearTimeout(cut)
  const facts = { exit_code: ending.exitCode, signal: ending.signal, err: ending.spawnError }
  if (ending.exitCode === 0) log.debug(facts, 'the stop command ended')
  else log.warn(facts, 'the stop command failed')
  return true
}

function tryLaunch(
  launchLast: LocalChildPorts['launchLast'],
  log: Log,
): GroupedProcess | undefined {
  try {
    return launchLast()
  } catch (error) {
    // Arguments that no program can have.
    log.warn({ err: error }, 'the stop command could not be started')
    return undefined
  }
}
