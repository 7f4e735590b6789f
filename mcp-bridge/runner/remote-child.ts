/**
 * A child that a runner program has started, on a connection of its own.
 *
 * Where the connection is lost without a word, the runner ends the child, or its watchdog does:
 * nothing of it may be taken for gone before they had the time for that.
 */

import { connect, type Socket } from 'node:net'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import {
  FIGURES_MS,
  INPUT_READ_BYTES,
  PACKET_BYTES_BESIDE,
  RUNNER_LOST_MS,
  STOP_COMMAND_MS,
} from '../limits.ts'
import type { Figures, HostedChild, HostedEnding, HostedEvents, LaunchOrder } from './host.ts'
import { assertTaken } from './input-queue.ts'
import { createLink, type Link } from './link.ts'
import type { PacketKind } from './packets.ts'

export interface RemoteLaunch {
  readonly socketPath: string
  /** As the runner knows the bridge. */
  readonly bridge: string
  readonly order: LaunchOrder
  readonly events: HostedEvents
}

/** How an ending travels. */
export interface SentEnding extends Omit<HostedEnding, 'spawnError'> {
  readonly spawnError?: string
}

export class RemoteChild implements HostedChild {
  readonly pid = undefined
  readonly ended: Promise<HostedEnding>
  readonly gone: Promise<void>
  readonly #events: HostedEvents
  readonly #socket: Socket
  readonly #link: Link
  readonly #ended = Promise.withResolvers<HostedEnding>()
  readonly #gone = Promise.withResolvers<void>()
  #measuring: PromiseWithResolvers<Figures | undefined> | undefined
  #lostMs: number
  #failure: Error | undefined
  #isConnected = false
  #pauses = 0
  #sentBytes = 0
  #readBytes = 0

  constructor({ socketPath, bridge, order, events }: RemoteLaunch) {
    this.#events = events
    this.ended = this.#ended.promise
    this.gone = this.#gone.promise
    this.#lostMs = RUNNER_LOST_MS + (order.stopCommand === undefined ? 0 : STOP_COMMAND_MS)
    this.#socket = connect(socketPath)
    this.#link = createLink(
      this.#socket,
      order.frameBytesMax + PACKET_BYTES_BESIDE,
      (kind, content) => this.#receive(kind, content),
      (error) => {
        this.#failure = error
      },
    )
    this.#socket.once('connect', () => {
      this.#isConnected = true
    })
    this.#socket.once('close', () => this.#lose())
    this.#link.sendJson('launch', { bridge, order })
  }

  get unreadBytes(): number {
    const unread = this.#sentBytes - this.#readBytes
    // So much is told together.
    return unread < INPUT_READ_BYTES ? 0 : unread
  }

  send(line: string): void {
    assertTaken(this.unreadBytes, line)
    this.#sentBytes += Buffer.byteLength(line)
    this.#link.send('line', line)
  }

  pause(): void {
    this.#pauses += 1
    if (this.#pauses === 1) this.#link.send('pause')
  }

  resume(): void {
    this.#pauses -= 1
    if (this.#pauses === 0) this.#link.send('resume')
  }

  stop(waits: StopWaits): Promise<HostedEnding> {
    this.#link.sendJson('stop', waits)
    return this.ended
  }

  async figures(): Promise<Figures | undefined> {
    if (!this.#socket.writable) return undefined
    if (this.#measuring === undefined) {
      const measuring = Promise.withResolvers<Figures | undefined>()
      this.#measuring = measuring
      this.#link.send('measure')
      setTimeout(() => this.#measured(undefined, measuring), FIGURES_MS).unref()
    }
    return await this.#measuring.promise
  }

  #measured(figures: Figures | undefined, measuring = this.#measuring): void {
    measuring?.resolve(figures)
    if (this.#measuring === measuring) this.#measuring = undefined
  }

  #receive(kind: PacketKind, content: Buffer): void {
    if (kind === 'frame') this.#events.frame(content)
    else if (kind === 'read') this.#readBytes = Number(content.toString('latin1'))
    else if (kind === 'oversized') {
      const { head, tail } = JSON.parse(content.toString('utf8')) as { head: string; tail: string }
      this.#events.oversized(head, tail)
    } else if (kind === 'figures') {
      this.#measured((JSON.parse(content.toString('utf8')) as Figures | null) ?? undefined)
    } else if (kind === 'ended') this.#end(JSON.parse(content.toString('utf8')) as SentEnding)
    else if (kind === 'gone') {
      this.#lostMs = 0
      this.#socket.end()
    }
  }

  #end({ spawnError, ...ending }: SentEnding): void {
    this.#ended.resolve(
      spawnError === undefined ? ending : { ...ending, spawnError: new Error(spawnError) },
    )
  }

  #lose(): void {
    const isUnbegun = !this.#isConnected && this.#failure !== undefined
    this.#end({
      exitCode: null,
      signal: null,
      stderr: '',
      ...(isUnbegun && { spawnError: this.#failure?.message ?? '', isTemporary: true }),
    })
    this.#measured(undefined)
    if (isUnbegun || this.#lostMs === 0) this.#gone.resolve()
    else setTimeout(this.#gone.resolve, this.#lostMs)
  }
}
