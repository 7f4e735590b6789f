/** A host of children in this very process. */

import type { Writable } from 'node:stream'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type {
  Ending,
  GroupedProcess,
  ProcessGroups,
  StopWaits,
} from '../../lib/platform/process-group.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { RpcFault } from '../json-rpc.ts'
import { INPUT_QUEUE_BYTES_MAX } from '../limits.ts'
import { FrameReader } from './framing.ts'
import type { ChildHost, HostedChild, HostedEnding, HostedEvents, LaunchOrder } from './host.ts'
import { drainStderr } from './stderr.ts'
import { dataFolderOf, environmentOf, makeFolders, type Surroundings } from './surroundings.ts'
import { CHILD_MARKER, type Sweep } from './sweep.ts'

export interface LocalHostOptions {
  readonly groups: ProcessGroups
  readonly sweep: Sweep
  readonly surroundings: Surroundings
  readonly clock: Clock
  readonly log: Log
}

export function createLocalHost(options: LocalHostOptions): ChildHost {
  const { groups, surroundings } = options
  return {
    dataFolder: (service) => dataFolderOf(surroundings, service),
    launch(order, events) {
      const marker = randomText(12)
      try {
        makeFolders(order)
        const env = { ...environmentOf(order, surroundings), [CHILD_MARKER]: marker }
        const { command, args, cwd } = order
        const grouped = groups.launch({ command, args, cwd, env, stdio: 'pipe' })
        return new LocalChild(grouped, { order, events, marker, options })
      } catch (cause) {
        return neverBegun(cause)
      }
    },
    endUnlessRenewed: (withinMs) => groups.endUnlessRenewed(withinMs),
    stopAll: (waits) => groups.stopAll(waits),
  }
}

interface LocalLaunch {
  readonly order: LaunchOrder
  readonly events: HostedEvents
  readonly marker: string
  readonly options: LocalHostOptions
}

class LocalChild implements HostedChild {
  readonly pid: number | undefined
  readonly ended: Promise<HostedEnding>
  readonly gone: Promise<void>
  readonly #grouped: GroupedProcess
  #pauses = 0

  constructor(grouped: GroupedProcess, { order, events, marker, options }: LocalLaunch) {
    const { log, clock, sweep } = options
    const { stdin, stdout, stderr } = grouped.child
    const ownLog = log.child({ service: order.service, child_pid: grouped.pid })
    const tail = stderr === null ? () => '' : drainStderr(stderr, ownLog, clock)
    const reader = new FrameReader(order.frameBytesMax, events)
    this.#grouped = grouped
    this.pid = grouped.pid
    stdout?.on('data', (chunk: Buffer) => reader.write(chunk))
    stdout?.on('error', () => {
      // As with stderr: the ending tells.
    })
    stdin?.on('error', () => {
      // EPIPE from a child that ended or closed its input: its ending tells, or nothing is lost.
    })
    this.ended = grouped.ended.then((ending) => ({ ...ending, stderr: tail() }))
    this.gone = this.ended.then(() => sweep.after(marker))
  }

  send(line: string): void {
    write(this.#grouped.child.stdin, `${line}\n`)
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

  figures(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}

function write(stdin: Writable | null, line: string): void {
  if (stdin === null || !stdin.writable) return
  if (stdin.writableLength > 0 && stdin.writableLength + line.length > INPUT_QUEUE_BYTES_MAX) {
    throw new RpcFault(503, 'internal', 'the server does not read its messages: try again later', {
      headers: { 'retry-after': '5' },
    })
  }
  stdin.write(line)
}

/** As a program that cannot be found. */
function neverBegun(cause: unknown): HostedChild {
  const spawnError = cause instanceof Error ? cause : new Error(String(cause))
  const ending: Ending & HostedEnding = { exitCode: null, signal: null, spawnError, stderr: '' }
  return {
    pid: undefined,
    ended: Promise.resolve(ending),
    gone: Promise.resolve(),
    send: () => {},
    pause: () => {},
    resume: () => {},
    stop: () => Promise.resolve(ending),
    figures: () => Promise.resolve(undefined),
  }
}
