/** The same bytes in pieces: how they are cut follows from the bytes, so that an input says everything. */

import { createHash } from 'node:crypto'

export function cut(bytes: Buffer, lengthMax = 24): Buffer[] {
  const dice = createHash('sha256').update(bytes).digest()
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const next = at + 1 + ((dice[turn % dice.length] ?? 0) % lengthMax)
    pieces.push(bytes.subarray(at, next))
    at = next
  }
  return pieces
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return [...bytes].map((byte) => Buffer.from([byte]))
}
