/**
 * The host and port that a client names, in the one spelling that is judged and connected to.
 *
 * An address has many spellings (`2130706433`, `0x7f.1`, `[::ffff:7f00:1]`): the URL parser of the
 * platform, which browsers share, turns each into the usual one before anybody looks at it.
 */

export interface Destination {
  /** A name in lower case, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/** No delimiter of a URL but the colon: nothing may move the host elsewhere. */
const AUTHORITY = /^[^\s/?#@\\%]{1,300}:\d{1,5}$/

/** @param text `host:port`, as in CONNECT (RFC 9112 section 3.2.3). */
export function parseAuthority(text: string): Destination | undefined {
  if (!AUTHORITY.test(text)) return undefined
  const url = URL.parse(`http://${text}`)
  // The parser drops a port that the scheme has anyway.
  const port = Number(text.slice(text.lastIndexOf(':') + 1))
  return url === null || port === 0 ? undefined : { host: hostOf(url), port }
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** @param url of http or https. */
export function destinationOf(url: URL): Destination {
  return { host: hostOf(url), port: Number(url.port) || (DEFAULT_PORTS[url.protocol] ?? 0) }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

/** As it stands in a log or a CONNECT. */
export function describeDestination({ host, port }: Destination): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
