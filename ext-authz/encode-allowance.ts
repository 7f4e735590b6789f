/**
 * The bytes of a yes, straight from whose it is, as the generated encoder would write them in several times the time:
 * what a token that was never seen before costs, beside its signature.
 *
 * As latin1, one character for each byte. The fields' numbers are those of
 * proto/envoy/service/auth/v3/external_auth.proto and proto/envoy/config/core/v3/base.proto.
 */

import { HeaderValueOption_HeaderAppendAction as Append } from '../proto/gen/envoy/config/core/v3/base.ts'

const LENGTH_DELIMITED = 2
const VARINT = 0

const tag = (field: number, type: number): string => String.fromCharCode((field << 3) | type)

/** Protocol buffers, encoding: base 128, least significant group first. */
function varint(value: number): string {
  if (value < 0x80) return String.fromCharCode(value)
  return String.fromCharCode((value & 0x7f) | 0x80) + varint(value >>> 7)
}

/** A message or a text. */
const field = (begin: string, content: string): string => begin + varint(content.length) + content

const HEADER = { key: tag(1, LENGTH_DELIMITED), value: tag(2, LENGTH_DELIMITED) }
const OPTION = { header: tag(1, LENGTH_DELIMITED), appendAction: tag(3, VARINT) }
const OK_RESPONSE = { headers: tag(2, LENGTH_DELIMITED), headersToRemove: tag(5, LENGTH_DELIMITED) }
const RESPONSE = { status: tag(1, LENGTH_DELIMITED), okResponse: tag(3, LENGTH_DELIMITED) }

const OVERWRITE = OPTION.appendAction + varint(Append.OVERWRITE_IF_EXISTS_OR_ADD)
/** `google.rpc.Status` with code 0. */
const OK = field(RESPONSE.status, '')

const NOT_ASCII = /[^\0-\x7f]/

function utf8(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text
}

export interface AllowanceEncoder {
  encode(values: Readonly<Record<string, string>>): string
}

/**
 * For the headers that are set where they have a value and removed where they have none, and those that are
 * always removed.
 */
export function createAllowanceEncoder(
  managed: readonly string[],
  removed: readonly string[],
): AllowanceEncoder {
  const names = managed.map((name) => ({ name, key: field(HEADER.key, name) }))
  const remove = (name: string): string => field(OK_RESPONSE.headersToRemove, name)
  const always = removed.map(remove).join('')
  return {
    encode(values) {
      let set = ''
      let gone = always
      for (const { name, key } of names) {
        const value = utf8(values[name] ?? '')
        if (value === '') gone += remove(name)
        else {
          const header = field(OPTION.header, key + field(HEADER.value, value))
          set += field(OK_RESPONSE.headers, header + OVERWRITE)
        }
      }
      return OK + field(RESPONSE.okResponse, set + gone)
    },
  }
}
