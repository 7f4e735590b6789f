/** The operator's `MCP_CORS_ORIGINS`, in the form in which browsers send an `Origin` (RFC 6454 section 6.2). */

import { list, type Parser, parser } from '../platform/environment.ts'

const WANTS = '* or a list by comma, as in https://app.example'

/** What nothing but a whole origin is, but for a trailing slash: no `null`, no part of a name left open. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s*@/?#\\]+\/?$/i

export const pageOrigins: Parser<readonly string[]> = parser(WANTS, (value) => {
  const members = list(value)
  const origins = members.map((member) => (member === '*' ? member : toOrigin(member)))
  const bad = members.filter((_, index) => origins[index] === undefined)
  if (bad.length > 0) {
    throw new RangeError(`must be ${WANTS}, not ${bad.map((one) => `"${one}"`).join(', ')}`)
  }
  return origins.filter((origin) => origin !== undefined)
})

/** Case and the scheme's own port as browsers write them; undefined for what is no origin. */
function toOrigin(text: string): string | undefined {
  const url = ORIGIN.test(text) ? URL.parse(text) : null
  if (url === null) return undefined
  // Of the schemes of applications (`vscode-webview://…`) the URL standard does not say what their origin is.
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
}
