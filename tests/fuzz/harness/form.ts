/** Forms and queries as the URL standard reads them, by hand: a second opinion about what was sent. */

export type Pairs = readonly (readonly [name: string, value: string])[]

export function readPairs(bytes: Buffer): Pairs {
  return bytes
    .toString('latin1')
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=')
      const [name, value] = at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]
      return [decode(name), decode(value)] as const
    })
}

function decode(text: string): string {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 1) {
    const hex = text[at] === '%' ? /^[0-9a-f]{2}/i.exec(text.slice(at + 1, at + 3))?.[0] : undefined
    if (hex === undefined) bytes.push(text[at] === '+' ? 0x20 : text.charCodeAt(at))
    else {
      bytes.push(Number.parseInt(hex, 16))
      at += 2
    }
  }
  return Buffer.from(bytes).toString('utf8')
}

/** What each name has, as OAuth reads it: empty is omitted (RFC 6749 section 3.1). */
export function toFields(pairs: Pairs): ReadonlyMap<string, string> {
  return new Map(pairs.filter(([, value]) => value !== ''))
}

/** What a code or token depends on, by the specifications: whatever else is sent has to be ignored. */
const DEFINED = new Set([
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'resource'],
  ...['code_challenge', 'code_challenge_method', 'nonce', 'prompt', 'max_age', 'login_hint'],
  ...['id_token_hint', 'request', 'request_uri', 'grant_type', 'code', 'code_verifier'],
  ...['refresh_token', 'device_code', 'client_secret', 'client_assertion', 'client_assertion_type'],
])

/** RFC 6749 section 3.1: parameters must not be included more than once. */
export function isRepeated(pairs: Pairs): boolean {
  const names = pairs.map(([name]) => name).filter((name) => DEFINED.has(name))
  return new Set(names).size < names.length
}
