/** HTTP Basic credentials as OAuth means them (RFC 6749 section 2.3.1, RFC 7617). */

export interface Credentials {
  readonly clientId: string
  readonly secret: string
}

/** One credential and nothing after it: two headers reach us as one with a comma in it. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads an `Authorization` header: undefined when it is not Basic, `malformed` when it is but
 * cannot be read.
 */
export function parseBasicCredentials(header: string): Credentials | 'malformed' | undefined {
  if (!/^basic(?: |$)/i.test(header)) return undefined
  const text = decode(BASIC.exec(header.trim())?.[1] ?? '')
  const colon = text.indexOf(':')
  if (colon < 1) return 'malformed'
  return { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) }
}

/** Empty when the bytes are not UTF-8. */
function decode(base64: string): string {
  try {
    return utf8.decode(Buffer.from(base64, 'base64'))
  } catch {
    return ''
  }
}

/**
 * The RFC wants both parts form-encoded and some clients send them raw. Ids and secrets of ours are
 * base64url, which has neither `%` nor `+`: decoding leaves a raw one as it is.
 */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Not encoded at all, then: it stands as sent, and matches nothing of ours.
    return text
  }
}
