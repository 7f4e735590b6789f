/** What either side announces at the beginning, and later. */

import { FIELD_LIST_BYTES_MAX, SETTINGS_MAX, STREAM_WINDOW, STREAMS_MAX } from './limits.ts'
import { CODE, ConnectionError, FRAME_BYTES_MAX, SETTING, WINDOW_MAX } from './protocol.ts'

const ENTRY_BYTES = 6
const FRAME_BYTES_BOUND = 0xffffff

export const OUR_SETTINGS = encode([
  [SETTING.maxConcurrentStreams, STREAMS_MAX],
  [SETTING.initialWindowSize, STREAM_WINDOW],
  [SETTING.maxHeaderListSize, FIELD_LIST_BYTES_MAX],
])

function encode(settings: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(settings.length * ENTRY_BYTES)
  for (const [index, [name, value]] of settings.entries()) {
    bytes.writeUInt16BE(name, index * ENTRY_BYTES)
    bytes.writeUInt32BE(value, index * ENTRY_BYTES + 2)
  }
  return bytes
}

/**
 * The peer's window for new streams, if it says one. Of the rest nothing matters to us: we send no frame
 * above the least maximum, keep no table for our fields, and open no stream.
 * @throws ConnectionError when a value is out of bounds.
 */
export function readInitialWindow(bytes: Buffer, start: number, end: number): number | undefined {
  if ((end - start) % ENTRY_BYTES !== 0) {
    throw new ConnectionError(CODE.frameSize, 'SETTINGS of a strange length')
  }
  if (end - start > SETTINGS_MAX * ENTRY_BYTES) {
    throw new ConnectionError(CODE.enhanceYourCalm, 'too many settings')
  }
  let initialWindow: number | undefined
  for (let at = start; at < end; at += ENTRY_BYTES) {
    const name = bytes.readUInt16BE(at)
    const value = bytes.readUInt32BE(at + 2)
    assertAllowed(name, value)
    if (name === SETTING.initialWindowSize) initialWindow = value
  }
  return initialWindow
}

function assertAllowed(name: number, value: number): void {
  if (name === SETTING.enablePush && value > 1) {
    throw new ConnectionError(CODE.protocol, 'ENABLE_PUSH is neither 0 nor 1')
  }
  if (name === SETTING.initialWindowSize && value > WINDOW_MAX) {
    throw new ConnectionError(CODE.flowControl, 'INITIAL_WINDOW_SIZE out of bounds')
  }
  if (name === SETTING.maxFrameSize && (value < FRAME_BYTES_MAX || value > FRAME_BYTES_BOUND)) {
    throw new ConnectionError(CODE.protocol, 'MAX_FRAME_SIZE out of bounds')
  }
}
