/** A frame's payload without padding and the old priorities. */

import type { Frame } from './frame-reader.ts'
import { CODE, ConnectionError, FLAG } from './protocol.ts'

export interface Payload {
  readonly start: number
  readonly end: number
}

const PRIORITY_BYTES = 5

/** @throws ConnectionError when there is more padding than payload. */
export function cutPadding(frame: Frame): Payload {
  if ((frame.flags & FLAG.padded) === 0) return frame
  if (frame.end === frame.start) {
    throw new ConnectionError(CODE.frameSize, 'a padded frame of no bytes')
  }
  const start = frame.start + 1
  const end = frame.end - frame.bytes.readUInt8(frame.start)
  if (end < start) throw new ConnectionError(CODE.protocol, 'more padding than payload')
  return { start, end }
}

/** @throws ConnectionError when the payload is too short for them. */
export function cutPriority(frame: Frame, { start, end }: Payload): Payload {
  if ((frame.flags & FLAG.priority) === 0) return { start, end }
  if (end - start < PRIORITY_BYTES) {
    throw new ConnectionError(CODE.frameSize, 'HEADERS too short for a priority')
  }
  return { start: start + PRIORITY_BYTES, end }
}
