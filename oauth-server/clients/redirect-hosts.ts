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

/** @throws OAuthError `invalid_redirect_uri` when one of the URIs leads elsewhere. */
export function requireAllowedHosts(uris: readonly string[], allowed: RedirectHosts): void {
  if (allowed.length === 0) return
  const places = uris.map(placeOf)
  const wrong = places.find((place) => !allowed.some((entry) => covers(entry, place)))
  if (wrong === undefined) return
  throw new OAuthError(
    'invalid_redirect_uri',
    `this gateway allows redirects to listed places only, and ${wrong} is not among them: ` +
      'ask its operator to add it to REGISTRATION_REDIRECT_HOSTS',
  )
}

/** In the words of the list. */
function placeOf(uri: string): string {
  if (isOutOfBand(uri)) return 'oob'
  if (parseLoopback(uri) !== undefined) return 'loopback'
  const { protocol, host } = new URL(uri)
  return protocol === 'https:' ? host : `scheme:${protocol.slice(0, -1)}`
}

function covers(entry: string, place: string): boolean {
  return entry.startsWith('*.') ? place.endsWith(entry.slice(1)) : place === entry
}
