/**
 * Which redirect URIs may be registered (RFC 6749 section 3.1.2, RFC 8252 sections 7.1 and 7.3).
 *
 * Lenient in form (several, loopback, private schemes), strict where a browser or a person could be
 * led astray: what a URL parser would rewrite is refused, because comparison is by plain text.
 */

const URI_BYTES_MAX = 2048

/** What an answer consists of (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207 section 2). */
const RESPONSE_PARAMETERS = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']

/** Schemes that run, show or send something instead of waking an application. */
const FORBIDDEN_SCHEMES = new Set(
  (
    'javascript data vbscript livescript file filesystem blob about view-source jar resource ws wss ftp ftps ' +
    'sftp ssh telnet ldap ldaps smb nfs gopher news nntp irc ircs magnet mailto tel sms facetime intent ' +
    'content cid mid urn android-app search search-ms shell res hcp its mk mhtml feed itms-services rdp vnc tftp'
  ).split(' '),
)
const FORBIDDEN_FAMILIES = /^(?:chrome|edge|opera|brave|moz|ms)-|^(?:chrome|edge|opera|brave)$/

/** Only these literals mean this machine: every other spelling is a look-alike (RFC 8252 section 7.3). */
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?([/?].*)?$/

const PORT_MAX = 65_535

/** Shown to be copied, instead of a redirect: what scripts without a browser of their own register. */
export function isOutOfBand(uri: string): boolean {
  return uri === 'urn:ietf:wg:oauth:2.0:oob'
}

export interface LoopbackUri {
  readonly host: string
  /** Path and query. */
  readonly rest: string
}

/** Takes a loopback URI apart, or answers undefined when it is none. */
export function parseLoopback(uri: string): LoopbackUri | undefined {
  const match = LOOPBACK.exec(uri)
  if (match === null) return undefined
  const [, host = '', port, rest = ''] = match
  if (Number(port ?? 1) > PORT_MAX) return undefined
  return { host, rest }
}

/** What is wrong with the text, whatever its scheme. */
const TEXT_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/[^\x21-\x7e]|["<>\\^`{|}]/, 'has characters no URI has'],
  [/%(?:[01][0-9a-f]|7f|(?![0-9a-f]{2}))/i, 'has encoded control characters'],
  [/#/, 'has a fragment'],
  [/\*/, 'has a wildcard'],
  [/^[^:]+:\/\/[^/?]*@/, 'has user information'],
]

/** Why a redirect URI cannot be registered; undefined when it can. */
export function redirectUriFault(uri: string): string | undefined {
  if (isOutOfBand(uri)) return undefined
  if (uri.length > URI_BYTES_MAX) return `is longer than ${URI_BYTES_MAX} characters`
  const fault = TEXT_FAULTS.find(([pattern]) => pattern.test(uri))
  if (fault !== undefined) return fault[1]
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined || URL.parse(uri) === null) return 'is not an absolute URI'
  if (hasDotSegment(uri)) return 'has dot segments'
  return schemeFault(uri, scheme) ?? queryFault(uri)
}

function schemeFault(uri: string, scheme: string): string | undefined {
  if (scheme === 'https') return httpsFault(uri)
  if (scheme !== 'http') return customSchemeFault(uri, scheme)
  return parseLoopback(uri) === undefined ? 'uses http off this machine' : undefined
}

/** The query is kept (RFC 6749 section 3.1.2): of what is in both, an answer would have two, the planted one first. */
function queryFault(uri: string): string | undefined {
  const query = new URLSearchParams(/\?(.*)/.exec(uri)?.[1])
  const taken = RESPONSE_PARAMETERS.find((name) => query.has(name))
  return taken && `has ${taken} in its query, which the answer adds: leave it out`
}

function hasDotSegment(uri: string): boolean {
  const path = uri.split('?')[0] ?? ''
  return path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
}

/** A host that parsing changes (`0177.0.0.1`, `%2e`) would be shown as one and visited as another. */
function httpsFault(uri: string): string | undefined {
  const authority = /^https:\/\/([^/?]+)/i.exec(uri)?.[1]?.toLowerCase()
  const host = URL.parse(uri)?.host
  if (authority === undefined || host === undefined || host === '') return 'has no host'
  if (authority.endsWith(':0')) return 'has no usable port'
  // `app.example.` is the same place as `app.example` to a browser, and another one to every list.
  if (host.replace(/:.*/, '').split('.').includes('')) return 'has a host with an empty label'
  return authority === host || authority === `${host}:443`
    ? undefined
    : 'has a host in a disguised form'
}

function customSchemeFault(uri: string, scheme: string): string | undefined {
  if (FORBIDDEN_SCHEMES.has(scheme) || FORBIDDEN_FAMILIES.test(scheme)) {
    return `uses the scheme ${scheme}, which no application answers`
  }
  return uri.length > scheme.length + 1 ? undefined : 'is not an absolute URI'
}
