/** What a known MCP client does, as data. `{port}` in an address stands for the port it listens on this time. */

export interface ClientProfile {
  /** As `--client` takes it. */
  readonly id: string
  readonly name: string
  /** On every request; some clients send neither `User-Agent` nor `Accept`. */
  readonly headers: Readonly<Record<string, string>>
  /** On requests for metadata, beside them. */
  readonly discoveryHeaders: Readonly<Record<string, string>>
  /** The first request without a token; `none` goes for the metadata at once, and never sees a challenge. */
  readonly opening: 'POST' | 'GET' | 'HEAD' | 'none'
  /** Its client id metadata document, used where the server says that it reads them. */
  readonly document?: string
  readonly redirectUris: readonly string[]
  /** The one that it uses at a login. */
  readonly redirectUri: string
  /** Of the registration (RFC 7591), beside the redirect URIs. */
  readonly registration: Readonly<Record<string, unknown>>
  readonly registersScope?: true
  /** Whose scopes it asks for: the challenge's first, or only the server metadata's. */
  readonly scope: 'challenge' | 'server-metadata'
  /** Adds `offline_access` where the server lists it. */
  readonly offlineAccess?: true
  readonly prompt?: 'consent'
  /** Fetches the authorize URL itself, without cookies, before the browser does. */
  readonly looksAtAuthorize?: true
  /** Sends `scope` with a refresh: the one that it asked for. */
  readonly refreshesScope?: true
  /** Several of its windows or agents share one login, and refresh at once. */
  readonly sharesLogin?: true
  /** Which era's wire it opens with, and the version that it names. */
  readonly wire: { readonly opens: 'initialize' | 'discover'; readonly version: string }
  /** On MCP requests, whatever the era. */
  readonly mcpHeaders?: Readonly<Record<string, string>>
  /** `check.fault` that was seen to do no harm to it. */
  readonly tolerates?: readonly string[]
  /** It is a web page of this origin: the browser asks the server first (CORS). */
  readonly isWebPage?: true
}
