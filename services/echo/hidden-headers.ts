/**
 * Which headers carry what opens something: of those not one character is shown, since an answer of a tool
 * ends up in a conversation that many can read.
 */

import { headerText, type ReceivedHeaders } from '../native/arrival.ts'

export const HIDDEN = '[hidden]'

/** Names that say so, in whatever order their words come. */
const SECRET_NAME =
  /authorization|cookie|secret|token|passw|credential|apikey|-key$|private|signature|assertion|session|jwt|^x-gateway-/
/** They name things and open nothing: a token by its number is no token. */
const HARMLESS = new Set(['x-auth-token-id'])
/** A credential under a name that does not say so: a scheme (RFC 9110 section 11), a JWT, or a well-known prefix. */
const SECRET_VALUE =
  /^(?:bearer|basic|digest|dpop|negotiate)\s|\beyJ[\w-]{8,}\.[\w-]+|\b(?:gh[opsur]_|github_pat_|sk-|xox[abpr]-|glpat-)\w/i

/** Lower-case names, sorted, each with its text or `[hidden]`. */
export function visibleHeaders(received: ReceivedHeaders): ReadonlyMap<string, string> {
  const names = Object.keys(received)
    .map((name) => name.toLowerCase())
    .sort()
  return new Map(names.map((name) => [name, visibleText(name, headerText(received, name))]))
}

function visibleText(name: string, text: string): string {
  const isSecret = (SECRET_NAME.test(name) && !HARMLESS.has(name)) || SECRET_VALUE.test(text)
  return isSecret ? HIDDEN : text
}
