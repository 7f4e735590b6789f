/**
 * What an authorization server says of itself, at the places of RFC 8414 and OpenID Connect Discovery.
 * The SDK's reading drops members of OpenID documents that are needed here (RFC 7009, 8628, 9207).
 */

import { buildDiscoveryUrls, IssuerMismatchError } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'

const address = z.url({ protocol: /^https?$/ })

const schema = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: address,
  token_endpoint: address,
  registration_endpoint: address.optional(),
  revocation_endpoint: address.optional(),
  device_authorization_endpoint: address.optional(),
  userinfo_endpoint: address.optional(),
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
    const metadata = schema.safeParse(await answer.json().catch(() => undefined))
    if (!metadata.success) {
      throw new CliError(`${url} is no authorization server metadata (RFC 8414).`, {
        cause: metadata.error,
      })
    }
    const named = metadata.data.issuer
    if (named === issuer || `${named}/` === issuer) return metadata.data
    throw new IssuerMismatchError('metadata', issuer, named)
  }
  return undefined
}
