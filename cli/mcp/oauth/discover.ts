/**
 * From an MCP server to its authorization server: the challenge of a 401 (RFC 9728 section 5.1), the
 * resource's metadata, the authorization server's (RFC 8414, OpenID Connect Discovery).
 */

import {
  checkResourceAllowed,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  type OAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'
import { readServerMetadata, type ServerMetadata } from './server-metadata.ts'

export interface Discovered {
  readonly server: ServerMetadata
  /** The resource indicator (RFC 8707); absent when the server has no metadata. */
  readonly resource: string | undefined
  /** What the challenge asks for, else what the resource's metadata offers. */
  readonly scope: string | undefined
}

type Challenge = ReturnType<typeof extractWWWAuthenticateParams>

/** Undefined when the server lets everybody in. */
export async function discover(url: string): Promise<Discovered | undefined> {
  const challenge = await knock(url)
  const metadata = await readResourceMetadata(url, challenge)
  if (challenge === undefined && metadata === undefined) return undefined
  // Before anybody else is asked.
  const resource = metadata && resourceOf(url, metadata)
  // Before there was resource metadata, the server itself was asked (MCP 2025-03-26).
  const issuer = metadata?.authorization_servers?.[0] ?? new URL(url).origin
  const server = await readServerMetadata(issuer)
  if (server === undefined) {
    throw new CliError(`${url} asks for a login, and ${issuer} does not say how.`, {
      nextStep: 'it publishes no OAuth metadata: ask its operator how clients log in',
    })
  }
  return {
    server,
    resource,
    scope: challenge?.scope ?? metadata?.scopes_supported?.join(' '),
  }
}

/**
 * Undefined when there is none. A server that cannot be reached or fails is an error, and so is an address of the
 * challenge where nothing is: else the login would go on at a place that nobody named.
 */
async function readResourceMetadata(
  url: string,
  challenge: Challenge | undefined,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  const { resourceMetadataUrl } = challenge ?? {}
  const options = resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }
  try {
    return await discoverOAuthProtectedResourceMetadata(url, options, fetchBriefly)
  } catch (error) {
    const isAbsent = error instanceof Error && ABSENT.test(error.message)
    if (isAbsent && resourceMetadataUrl === undefined) return undefined
    if (error instanceof TypeError) throw error
    const place = resourceMetadataUrl ?? url
    throw new CliError(`The metadata of ${place} cannot be read.`, {
      nextStep: 'try again later, or ask its operator',
      cause: error,
    })
  }
}

/** In the words of the SDK: there is none, or a server that knows no such address has its own answer. */
const ABSENT = /does not implement OAuth 2\.0 Protected Resource Metadata|^HTTP 4\d\d /

/** What a stranger is told. A request without a session starts nothing at the server. */
async function knock(url: string): Promise<Challenge | undefined> {
  const answer = await fetchBriefly(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'knock', method: 'ping' }),
  })
  await answer.body?.cancel()
  return answer.status === 401 ? extractWWWAuthenticateParams(answer) : undefined
}

/** Byte for byte as the server writes it: that is what its tokens are compared with. */
function resourceOf(url: string, { resource }: OAuthProtectedResourceMetadata): string {
  if (checkResourceAllowed({ requestedResource: url, configuredResource: resource })) {
    return resource
  }
  throw new CliError(`${url} calls itself ${resource}: no token is asked for in another's name.`, {
    nextStep: `use the address ${resource}`,
  })
}
