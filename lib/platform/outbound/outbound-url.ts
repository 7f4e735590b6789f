/**
 * Which URLs of others may be asked at all, told from the text alone: before any name is looked up.
 *
 * Only one spelling of a URL passes: what a parser would rewrite could mean one host to a person or to a
 * comparison and another to the connection.
 */

import { isIP } from 'node:net'

const URL_CHARACTERS_MAX = 2048

/** In this order: the first that fits names the fault best. */
const TEXT_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/[^\x21-\x7e]/, 'has characters no URL has'],
  [/^(?!https:\/\/[^/])/, 'does not begin with https:// and a host'],
  [/^https:\/\/[^/?#]*@/, 'has user information'],
  [/#/, 'has a fragment'],
  [/^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)/i, 'has dot segments'],
]

/** What is wrong with it, to be read after "the URL"; undefined when it may be asked. */
export function outboundUrlFault(text: string): string | undefined {
  if (text.length > URL_CHARACTERS_MAX) return `is longer than ${URL_CHARACTERS_MAX} characters`
  const fault = TEXT_FAULTS.find(([pattern]) => pattern.test(text))
  if (fault !== undefined) return fault[1]
  const url = URL.parse(text)
  if (url === null) return 'is not a URL'
  if (url.port !== '') return 'names a port'
  return hostFault(url.hostname) ?? (url.href === text ? undefined : 'is not in its normal form')
}

/** An address has no name that a certificate or a person could tell whose it is. */
function hostFault(hostname: string): string | undefined {
  if (hostname.startsWith('[') || isIP(hostname) !== 0) return 'names an address instead of a host'
  return hostname.endsWith('.') ? 'has a host that ends with a dot' : undefined
}
