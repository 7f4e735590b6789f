/** How a person writes down the client that the gateway is at the authorization server of a remote service. */

import { z } from 'zod'
import { secretReference } from './definition-texts.ts'
import { PRINTABLE, PRINTABLE_EXPECTED } from './provider-definition.ts'

const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

export const remoteOauthDefinition = z.strictObject({
  tokenUrl: z.string().min(1).describe('Where the gateway gets access tokens for itself.'),
  clientId: z.string().regex(PRINTABLE, PRINTABLE_EXPECTED),
  clientSecret: secretReference.describe('${secret.NAME}: from the environment.'),
  scope: z.string().regex(SCOPES, 'must be scopes with a blank between them').optional(),
  resource: z.url().optional().describe('For which resource the token is meant (RFC 8707).'),
  authentication: z
    .enum(['basic', 'post'])
    .optional()
    .describe('How the secret travels: in a header (default) or in the body.'),
})

export type RemoteOauthDefinition = z.infer<typeof remoteOauthDefinition>
