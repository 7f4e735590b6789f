/**
 * What an authorization server says of itself, at the places of RFC 8414 and OpenID Connect Discovery.
 * The SDK's reading drops members of OpenID documents that are needed here (RFC 7009, 8628, 9207).
 */

import { buildDiscoveryUrls, IssuerMismatchError } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { isLoopbackHost } from '../../../lib/catalogue/addresses.ts'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'

/** Where codes, tokens and secrets go. */
export const secureAddress = z
  .url({ protocol: /^https?$/ })
  .refine(isSecure, 'it is plain http, and not on this machine')

export function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || isLoopbackHost(hostname)
}

const schema = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: secureAddress,
  token_endpoint: secureAddress,
  registration_endpoint: secureAddress.optional(),
  revocation_endpoint: secureAddress.optional(),
  device_authorization_endpoint: secureAddress.optional(),
  userinfo_endpoint: secureAddress.optional(),
  scopes_supported: z.array(z.string()).optional(),
  response_types_supported: z.array(z.string()).default(['code']),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
})

export const serverMetadataSchema = schema
export type ServerMetadata = z.infer<typeof schema>

/**
 * Undefined when nothing is published at any place.
 * @throws IssuerMismatchError when it calls itself otherwise (RFC 8414 section 3.3).
 */
export async function readServerMetadata(issuer: string): Promise<ServerMetadata | undefined> {
  for (const { url } of buildDiscoveryUrls(issuer)) {
    const answer = await fetchBriefly(url, { headers: { accept: 'application/json' } })
    if (!answer.ok) {
      await answer.body?.cancel()
      // A server in trouble is not one without metadata: the next place would be somebody else's.
      if (answer.status >= 500) throw new CliError(`${url} answered ${answer.status}.`)
      continue
    }
    const metadata = parse(url, await answer.json().catch(() => undefined))
    const named = metadata.issuer
    if (named === issuer || `${named}/` === issuer) return metadata
    throw new IssuerMismatchError('metadata', issuer, named)
  }
  return undefined
}

function parse(url: URL, document: unknown): ServerMetadata {
  const metadata = schema.safeParse(document)
  if (metadata.success) return metadata.data
  const [first] = metadata.error.issues
  const why = first === undefined ? '' : ` ${first.path.join('.')}: ${first.message}.`
  throw new CliError(`${url} is no authorization server metadata (RFC 8414).${why}`)
}
