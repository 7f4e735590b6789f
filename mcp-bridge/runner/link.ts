/** One connection between a bridge and a runner program, as packets; whoever breaks the contract is cut off. */

import type { Socket } from 'node:net'
import type { PacketKind, PacketSink } from './packets.ts'
import { PacketReader, toPacket } from './packets.ts'

export interface Link {
  /** False when the other side does not keep up. */
  send(kind: PacketKind, content?: string | Buffer): boolean
  sendJson(kind: PacketKind, content: unknown): boolean
}

/** `failed` hears why the connection was cut; its end is told by the socket's `close`. */
export function createLink(
  socket: Socket,
  packetBytesMax: number,
  sink: PacketSink,
  failed: (error: Error) => void,
): Link {
  const reader = new PacketReader(packetBytesMax, sink)
  socket.on('error', failed)
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.write(chunk)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  })
  const send: Link['send'] = (kind, content) =>
    !socket.writable || socket.write(toPacket(kind, content))
  return { send, sendJson: (kind, content) => send(kind, JSON.stringify(content)) }
}
