/** The HEADERS frames of gRPC answers, made once: whoever writes one puts the stream's id in. */

import { FLAG, FRAME, FRAME_HEADER_BYTES } from '../http2/protocol.ts'
import type { Status } from '../status.ts'

/** Indexed in the static table (RFC 7541, appendix A). */
const STATUS_200 = Buffer.from([0x88])
/** Literals whose names are there: `:status` is 8, `content-type` 31. */
const STATUS_NAME = Buffer.from([0x08])
const CONTENT_TYPE_NAME = Buffer.from([0x0f, 0x10])
const NEW_NAME = Buffer.from([0x00])

const GRPC = Buffer.concat([CONTENT_TYPE_NAME, string('application/grpc')])

/** The beginning of an answer that has messages. */
export const RESPONSE = frame(FLAG.endHeaders, [STATUS_200, GRPC])

/** Its end. */
export const SUCCESS = frame(FLAG.endHeaders | FLAG.endStream, [field('grpc-status', '0')])

/** The end of an answer that cannot go on. */
export function failure(status: Status, message: string): Buffer {
  return frame(FLAG.endHeaders | FLAG.endStream, statusFields(status, message))
}

/** A whole answer without messages. */
export function refusal(status: Status, message: string): Buffer {
  const fields = [STATUS_200, GRPC, ...statusFields(status, message)]
  return frame(FLAG.endHeaders | FLAG.endStream, fields)
}

/** To what is not gRPC. */
export function httpRefusal(status: number): Buffer {
  const fields = [STATUS_NAME, string(String(status))]
  return frame(FLAG.endHeaders | FLAG.endStream, fields)
}

/** `message` is ASCII without `%`: nothing in it needs gRPC's encoding. */
function statusFields(status: Status, message: string): Buffer[] {
  return [field('grpc-status', String(status)), field('grpc-message', message)]
}

function field(name: string, value: string): Buffer {
  return Buffer.concat([NEW_NAME, string(name), string(value)])
}

/** Shorter than the 127 bytes that a length in one byte can say. */
function string(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])
}

function frame(flags: number, fields: readonly Buffer[]): Buffer {
  const block = Buffer.concat(fields)
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt32BE((block.length << 8) | FRAME.headers)
  header.writeUInt8(flags, 4)
  return Buffer.concat([header, block])
}
