/** Which headers a caller may send along, and which of them follow a redirect. */

import { FetchFault } from './fetch-fault.ts'

export type Headers = Readonly<Record<string, string>>

/** They speak of the connection or of the message itself, which are ours. */
const OURS =
  /^(?:host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|via|accept-encoding|proxy-.*)$/
/** RFC 9110 section 5.1 and 5.5. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** They are nobody's secret. */
const FOR_EVERYBODY: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent'])

/**
 * @returns names in lower case.
 * @throws FetchFault naming the header that may not be sent.
 */
export function checkHeaders(given: Headers): Headers {
  const checked: Record<string, string> = Object.create(null)
  for (const [given_, value] of Object.entries(given)) {
    const name = given_.toLowerCase()
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new FetchFault(`The header ${JSON.stringify(given_)} is not one that HTTP knows.`)
    }
    if (OURS.test(name)) throw new FetchFault(`The header ${name} cannot be set by the caller.`)
    checked[name] = value
  }
  return checked
}

/** What was meant for one origin is not told to another. */
export function headersFor(headers: Headers, from: URL, to: URL): Headers {
  if (from.origin === to.origin) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => FOR_EVERYBODY.has(name)))
}
