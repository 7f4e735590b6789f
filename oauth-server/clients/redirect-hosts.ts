/** Which redirect hosts a closed deployment allows (`REGISTRATION_REDIRECT_HOSTS`). */

import { OAuthError } from '../../lib/oauth/error.ts'
import { type Parser, parser } from '../../lib/platform/environment.ts'
import { isOutOfBand, parseLoopback } from './redirect-uri.ts'

/** `app.example`, `*.example.com`, `loopback`, `scheme:cursor`, `oob`; an empty list allows all. */
export type RedirectHosts = readonly string[]

const ENTRY =
  /^(?:loopback|oob|scheme:[a-z][a-z0-9+.-]*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?)$/

const WANTS = 'a list of host, *.domain, loopback, scheme:NAME or oob, by comma'

export const redirectHosts: Parser<RedirectHosts> = parser(WANTS, (value) => {
  const entries = value.split(',').map((entry) => entry.trim())
  const wrong = entries.find((entry) => !ENTRY.test(entry))
  if (wrong === undefined) return entries
  throw new RangeError(
    `must list host, *.domain, loopback, scheme:NAME or oob, separated by commas, not "${wrong}"`,
  )
})

/** A word for one kind is never a place of another: a host may be called as a scheme or as `loopback` is. */
interface Place {
  readonly kind: 'host' | 'scheme' | 'loopback' | 'oob'
  /** In the words of the list. */
  readonly text: string
}

/** @throws OAuthError `invalid_redirect_uri` when one of the URIs leads elsewhere. */
export function requireAllowedHosts(uris: readonly string[], allowed: RedirectHosts): void {
  const refused = uris.find((uri) => !isAllowed(uri, allowed))
  if (refused !== undefined) throw notListed(refused)
}

/** What is said of a URI that leads elsewhere. */
export function notListed(uri: string): OAuthError {
  const wrong = placeOf(uri).text
  return new OAuthError(
    'invalid_redirect_uri',
    `this gateway allows redirects to listed places only, and ${wrong} is not among them: ` +
      'ask its operator to add it to REGISTRATION_REDIRECT_HOSTS',
    { explain: 'redirectRefused' },
  )
}

/** The URIs that lead to listed places, and the others. */
export function sortByHosts(
  uris: readonly string[],
  allowed: RedirectHosts,
): { readonly listed: readonly string[]; readonly others: readonly string[] } {
  return {
    listed: uris.filter((uri) => isAllowed(uri, allowed)),
    others: uris.filter((uri) => !isAllowed(uri, allowed)),
  }
}

function isAllowed(uri: string, allowed: RedirectHosts): boolean {
  if (allowed.length === 0) return true
  const place = placeOf(uri)
  return allowed.some((entry) => covers(entry, place))
}

function placeOf(uri: string): Place {
  if (isOutOfBand(uri)) return { kind: 'oob', text: 'oob' }
  if (parseLoopback(uri) !== undefined) return { kind: 'loopback', text: 'loopback' }
  const { protocol, host } = new URL(uri)
  return protocol === 'https:'
    ? { kind: 'host', text: host }
    : { kind: 'scheme', text: `scheme:${protocol.slice(0, -1)}` }
}

function covers(entry: string, { kind, text }: Place): boolean {
  if (kindOf(entry) !== kind) return false
  return entry.startsWith('*.') ? text.endsWith(entry.slice(1)) : text === entry
}

/** `scheme:8443` is a host with its port. */
function kindOf(entry: string): Place['kind'] {
  if (entry === 'loopback' || entry === 'oob') return entry
  return /^scheme:[a-z]/.test(entry) ? 'scheme' : 'host'
}
