/** What the frames do that are about the connection: settings, credit, pings and its end (RFC 9113, section 6). */

import type { Frame } from './frame-reader.ts'
import type { IncomingPorts } from './incoming.ts'
import { CODE, ConnectionError, FLAG, StreamError, WINDOW_MAX } from './protocol.ts'
import { readInitialWindow } from './settings.ts'

export class ConnectionFrames {
  readonly #ports: Omit<IncomingPorts, 'accept'>
  #hasSettings = false

  constructor(ports: Omit<IncomingPorts, 'accept'>) {
    this.#ports = ports
  }

  /** Whether the peer has begun as it must. */
  get hasSettings(): boolean {
    return this.#hasSettings
  }

  settings({ streamId, flags, bytes, start, end }: Frame): void {
    if (streamId !== 0) throw wrong('SETTINGS on a stream')
    this.#ports.idleFrames.charge()
    if ((flags & FLAG.ack) !== 0) {
      assertLength(end - start, 0)
      return
    }
    const { sender, streams, writer } = this.#ports
    const initialWindow = readInitialWindow(bytes, start, end)
    this.#hasSettings = true
    writer.settingsAck()
    if (initialWindow !== undefined)
      sender.changeInitialWindow(initialWindow, streams.open.values())
  }

  windowUpdate({ streamId, bytes, start, end }: Frame): void {
    assertLength(end - start, 4)
    this.#ports.idleFrames.charge()
    const { sender, streams } = this.#ports
    const increment = bytes.readUInt32BE(start) & WINDOW_MAX
    if (streamId === 0) {
      if (increment === 0) throw wrong('no credit')
      sender.creditConnection(increment)
      return
    }
    if (streams.isIdle(streamId)) throw wrong('credit for a stream that is not open')
    if (increment === 0) throw new StreamError(streamId, CODE.protocol, 'no credit')
    const stream = streams.open.get(streamId)
    if (stream !== undefined) sender.creditStream(stream, increment)
  }

  ping({ streamId, flags, bytes, start, end }: Frame): void {
    if (streamId !== 0) throw wrong('PING on a stream')
    assertLength(end - start, 8)
    this.#ports.idleFrames.charge()
    if ((flags & FLAG.ack) !== 0) this.#ports.onPingAnswered()
    else this.#ports.writer.ping(bytes.subarray(start, end), FLAG.ack)
  }

  /** Of the old scheme of priorities: read over. */
  priority({ streamId, start, end }: Frame): void {
    if (streamId === 0) throw wrong('PRIORITY on the connection')
    this.#ports.idleFrames.charge()
    if (end - start !== 5)
      throw new StreamError(streamId, CODE.frameSize, 'PRIORITY of a strange length')
  }

  /** The peer opens no more streams, and closes the connection itself. */
  goAway({ streamId, start, end }: Frame): void {
    if (streamId !== 0) throw wrong('GOAWAY on a stream')
    this.#ports.idleFrames.charge()
    if (end - start < 8) throw new ConnectionError(CODE.frameSize, 'GOAWAY of a strange length')
  }
}

export function wrong(what: string): ConnectionError {
  return new ConnectionError(CODE.protocol, what)
}

export function assertLength(length: number, expected: number): void {
  if (length === expected) return
  throw new ConnectionError(CODE.frameSize, `a frame of ${length} bytes instead of ${expected}`)
}
