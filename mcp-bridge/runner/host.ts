/**
 * What spawns, limits and ends children: in the bridge's own process, or in a runner program beside
 * the service, spoken to over a unix socket. Both keep this contract; frames pass, and nothing is
 * known here of sessions, users' calls or Redis.
 */

import type { Ending, StopWaits } from '../../lib/platform/process-group.ts'

/** Everything a launch needs but what the host adds itself: its own PATH and the like, its markers. */
export interface LaunchOrder {
  readonly service: string
  /** Whom the process works for, as in `${user.id}`; undefined for nobody in particular. */
  readonly owner: string | undefined
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Made before the launch, for nobody else's eyes. */
  readonly folders: readonly string[]
  /** Run in the same environment when the child and what it left have ended. */
  readonly stopCommand: readonly string[] | undefined
  /** Whether others may take over what it works on, so that it ends with the deadline. */
  readonly isLent: boolean
  /** Lines of stdout beyond it are skipped. */
  readonly frameBytesMax: number
  /** What of all this is for no log, should the program print it. */
  readonly secrets?: readonly string[]
}

export interface HostedEvents {
  /** One line of the child's stdout, without its end. */
  frame(line: Buffer): void
  /** A line beyond the bound was skipped; its ends tell whose answer it was. */
  oversized(head: string, tail: string): void
  /** What waited for it has been read. */
  drained?(): void
}

/** What a child and its descendants use now. */
export interface Figures {
  readonly processes: number
  /** Resident memory in bytes. */
  readonly memoryBytes: number
  /** Processor time in seconds since the start. */
  readonly cpuSeconds: number
}

export interface HostedEnding extends Ending {
  /** The end of what it wrote on stderr. */
  readonly stderr: string
  /**
   * It never began for want of something that is not its own, and may be there the next time: a
   * descriptor, memory, the runner program.
   */
  readonly isTemporary?: boolean
}

export interface HostedChild {
  readonly pid: number | undefined
  /** Resolves, never rejects, when the child has ended: calls are answered at once. */
  readonly ended: Promise<HostedEnding>
  /** Resolves when nothing of it is left and its stop command has run. */
  readonly gone: Promise<void>
  /** Written, and not read by it so far as is known. */
  readonly unreadBytes: number
  /**
   * Writes one line; the line break is added.
   * @throws RpcFault 503 when the child does not read what waits for it already.
   */
  send(line: string): void
  /** Stops reading its stdout: it waits when its pipe is full. Pauses count; as many resumes end them. */
  pause(): void
  resume(): void
  /** Ends it in steps; resolves as `ended` does. */
  stop(waits: StopWaits): Promise<HostedEnding>
  /** Undefined where they cannot be told. */
  figures(): Promise<Figures | undefined>
}

/** One socket, by its path on either side. */
export interface SocketPaths {
  readonly here: string
  readonly there: string
}

export interface ChildHost {
  /**
   * Resolves when it can be asked for the rest.
   * @throws RpcFault 503 when it cannot be reached.
   */
  ready(): Promise<void>
  /** Where this host keeps what the service stores: `${data}`. */
  dataFolder(service: string): string
  /**
   * Where a native server of this host listens: the path we connect to, and the same as the server
   * knows it. Both lie in a folder that the two of them share with nobody.
   */
  socketPaths(name: string): SocketPaths
  /** Never throws: what could not be started has ended, with `spawnError`. */
  launch(order: LaunchOrder, events: HostedEvents): HostedChild
  /**
   * What is lent ends within so long unless this is called again before; without a call, or after one with
   * Infinity, only with us, as everything else.
   * It holds when we are frozen: whoever watches over the children counts.
   */
  endUnlessRenewed(withinMs: number): void
  stopAll(waits: StopWaits): Promise<void>
}
