/**
 * A server that runs elsewhere: where it is, and what the gateway brings along for it.
 *
 * What people write in the file may lead to their own machines; a name that somebody else's DNS answers
 * may not, unless they say so.
 */

import { isIP } from 'node:net'
import { isLoopbackHost } from './addresses.ts'
import { secretNameOf } from './definition-texts.ts'
import type { RemoteOauthDefinition } from './remote-oauth-definition.ts'
import { isReservedSecret, secretNamesIn } from './secret-names.ts'
import type { ServiceDefinition } from './service-definition.ts'

const REMOTE_TRANSPORTS = ['streamable', 'sse'] as const
/** Streamable HTTP since 2025-03-26, or HTTP with SSE of 2024-11-05. */
export type RemoteTransport = (typeof REMOTE_TRANSPORTS)[number]

export interface RemoteLaunch {
  readonly kind: 'remote'
  readonly url: string
  /** By name, as they were written; templates not yet expanded. */
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: found out by asking. */
  readonly transport: RemoteTransport | undefined
  /** Whether its name may mean an address that is not on the public internet. */
  readonly privateAddresses: boolean
  readonly oauth: RemoteOauth | undefined
}

/** How the gateway itself gets an access token (RFC 6749 section 4.4). */
export interface RemoteOauth {
  readonly tokenUrl: string
  readonly clientId: string
  /** NAME of the operator's secret. */
  readonly secretName: string
  readonly scope: string | undefined
  readonly resource: string | undefined
  readonly authentication: 'basic' | 'post'
}

/** As clients write it; other words say nothing. */
const TRANSPORTS: Readonly<Record<string, RemoteTransport>> = {
  http: 'streamable',
  'streamable-http': 'streamable',
  streamableHttp: 'streamable',
  sse: 'sse',
}

/** The words for a transport that clients write and this file understands. */
export const REMOTE_TRANSPORT_WORDS: readonly string[] = Object.keys(TRANSPORTS)

export function toRemoteLaunch(definition: ServiceDefinition): RemoteLaunch {
  const { url = '', headers = {}, type = '', privateAddresses = false, oauth } = definition
  return {
    kind: 'remote',
    url,
    headers,
    transport: Object.hasOwn(TRANSPORTS, type) ? TRANSPORTS[type] : undefined,
    privateAddresses,
    oauth: oauth && toOauth(oauth),
  }
}

function toOauth(oauth: RemoteOauthDefinition): RemoteOauth {
  const { tokenUrl, clientId, clientSecret, scope, resource, authentication = 'basic' } = oauth
  return {
    tokenUrl,
    clientId,
    secretName: secretNameOf(clientSecret),
    scope,
    resource,
    authentication,
  }
}

/** Of programs alone, and of remote servers alone. */
const PROGRAMS = ['args', 'env', 'cwd', 'folders', 'stopCommand', 'runner', 'spares'] as const
const REMOTES = ['headers', 'oauth', 'privateAddresses'] as const

/** What is wrong with it, each with its place. */
export function remoteFaults(definition: ServiceDefinition): string[] {
  const isRemote = definition.url !== undefined
  const foreign = (isRemote ? PROGRAMS : REMOTES)
    .filter((member) => says(definition[member]))
    .map((member) => `${member}: means nothing ${isRemote ? 'with' : 'without'} url`)
  if (!isRemote) return foreign
  return [
    ...foreign,
    ...addressFaults('url', definition.url, definition),
    ...headerFaults(definition),
    ...oauthFaults(definition),
  ]
}

/** Clients write empty ones beside an address. */
function says(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== false && value !== 0 && value !== ''
}

function addressFaults(
  place: string,
  text: string | undefined,
  { privateAddresses = false }: ServiceDefinition,
): string[] {
  const url = text === undefined ? null : URL.parse(text)
  if (url === null) return [`${place}: is not a URL`]
  if (!['http:', 'https:'].includes(url.protocol)) return [`${place}: must be https:// or http://`]
  const wrong: [boolean, string][] = [
    [/\$\{/.test(text ?? ''), 'has no templates: what is secret belongs into headers'],
    [url.username !== '' || url.password !== '', 'names a login: write it as a header'],
    [url.hash !== '', 'has a fragment, which no server sees'],
    [
      url.protocol === 'http:' && !privateAddresses && !isOwnMachine(url.hostname),
      'must be https://; http:// is for this machine, or with privateAddresses: true',
    ],
  ]
  return wrong.filter(([isWrong]) => isWrong).map(([, what]) => `${place}: ${what}`)
}

function isOwnMachine(hostname: string): boolean {
  return isLoopbackHost(hostname) || (isIP(hostname) === 4 && hostname.startsWith('127.'))
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_TEXT = /^[\x20-\x7e\t]*$/
/** What the gateway sets itself, or what belongs to one connection. */
const OWN_HEADERS = new Set(
  (
    'accept accept-encoding connection content-encoding content-length content-type expect host keep-alive ' +
    'last-event-id mcp-method mcp-name mcp-protocol-version mcp-session-id origin proxy-authorization ' +
    'proxy-connection te trailer transfer-encoding upgrade'
  ).split(' '),
)

function headerFaults({ headers = {}, isolation, oauth }: ServiceDefinition): string[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  return Object.entries(headers).flatMap(([name, text], index) => {
    const lower = name.toLowerCase()
    const wrong: [boolean, string][] = [
      [!HEADER_NAME.test(name), 'is not a name of a header'],
      [!HEADER_TEXT.test(text), 'has characters no header has'],
      [OWN_HEADERS.has(lower) || lower.startsWith('mcp-param-'), 'is set by the gateway itself'],
      [names.indexOf(lower) !== index, 'stands there twice'],
      [lower === 'authorization' && oauth !== undefined, 'is what oauth is for: leave out one'],
      [
        isolation === 'shared' && text.includes('${user.'),
        'means one person, but everybody shares it: set isolation to user or session',
      ],
    ]
    return wrong.filter(([isWrong]) => isWrong).map(([, what]) => `headers.${name}: ${what}`)
  })
}

function oauthFaults(definition: ServiceDefinition): string[] {
  const { oauth, userSecrets = {} } = definition
  if (oauth === undefined) return []
  const [name = ''] = secretNamesIn([oauth.clientSecret])
  const wrong: [boolean, string][] = [
    [isReservedSecret(name), `${name} is a key of the gateway itself`],
    [Object.hasOwn(userSecrets, name), 'is the gateway’s, and cannot be each person’s'],
  ]
  return [
    ...addressFaults('oauth.tokenUrl', oauth.tokenUrl, definition),
    ...wrong.filter(([isWrong]) => isWrong).map(([, what]) => `oauth.clientSecret: ${what}`),
  ]
}
