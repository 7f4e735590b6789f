/**
 * What a bridge and a runner program say to each other: packets on a unix socket, each with its kind
 * and its length.
 *
 * A bridge has one connection for itself, which begins with `hello`, and one for each child, which
 * begins with `launch`. What belongs to a connection ends with it. Whoever only wants to know whether the
 * runner answers begins with `health`, and is told `healthy`.
 */

/** Both sides must mean the same. */
export const CONTRACT_VERSION = 2

/** Their order is part of the contract. */
const KINDS = [
  // To the runner.
  'hello',
  'deadline',
  'launch',
  'line',
  'pause',
  'resume',
  'stop',
  'measure',
  'health',
  // From the runner.
  'welcome',
  'refused',
  'frame',
  'oversized',
  'read',
  'figures',
  'ended',
  'gone',
  'healthy',
] as const

export type PacketKind = (typeof KINDS)[number]

/** The length of what follows it, then the kind. */
const HEADER_BYTES = 5

export function toPacket(kind: PacketKind, content: string | Buffer = ''): Buffer {
  const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length
  const packet = Buffer.allocUnsafe(HEADER_BYTES + bytes)
  packet.writeUInt32BE(bytes, 0)
  packet.writeUInt8(KINDS.indexOf(kind), 4)
  if (typeof content === 'string') packet.write(content, HEADER_BYTES)
  else content.copy(packet, HEADER_BYTES)
  return packet
}

export type PacketSink = (kind: PacketKind, content: Buffer) => void

export class PacketReader {
  readonly #bytesMax: number
  readonly #sink: PacketSink
  #chunks: Buffer[] = []
  #bytes = 0
  /** Until so many are there, nothing can be taken. */
  #awaited = HEADER_BYTES

  constructor(bytesMax: number, sink: PacketSink) {
    this.#bytesMax = bytesMax
    this.#sink = sink
  }

  /** @throws RangeError for what is no packet, or one beyond the bound. */
  write(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#awaited) return
    const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const rest = this.#readAll(all)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
  }

  #readAll(all: Buffer): Buffer {
    let rest = all
    while (rest.length >= HEADER_BYTES) {
      const bytes = rest.readUInt32BE(0)
      const kind = KINDS[rest.readUInt8(4)]
      if (kind === undefined) throw new RangeError('what came is no packet')
      if (bytes > this.#bytesMax) throw new RangeError(`a packet of ${bytes} bytes is too large`)
      this.#awaited = HEADER_BYTES + bytes
      if (rest.length < this.#awaited) return rest
      this.#sink(kind, rest.subarray(HEADER_BYTES, this.#awaited))
      rest = rest.subarray(this.#awaited)
    }
    this.#awaited = HEADER_BYTES
    return rest
  }
}
