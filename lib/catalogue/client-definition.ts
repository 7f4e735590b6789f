/**
 * One client as an operator writes it under `clients` in `gateway.yaml`: the names of RFC 7591, and
 * beside them what it may do for itself.
 */

import { z } from 'zod'
import { plainText, secretReference } from './definition-texts.ts'

/** Grant types that can be written down; the authorization server knows what each means. */
const CONFIGURABLE_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'client_credentials',
] as const
export type ConfigurableGrantType = (typeof CONFIGURABLE_GRANT_TYPES)[number]

const CONFIGURABLE_AUTH_METHODS = [
  'none',
  'client_secret_post',
  'client_secret_basic',
  'private_key_jwt',
] as const
export type ConfigurableAuthMethod = (typeof CONFIGURABLE_AUTH_METHODS)[number]

const NAME_CHARACTERS_MAX = 200

const words = z.array(z.string().min(1)).min(1)

export const clientDefinition = z
  .strictObject({
    client_secret: secretReference.describe(
      '${secret.NAME}: at least 16 characters, from the environment. Absent, and no keys either: a public client.',
    ),
    grant_types: z
      .array(z.enum(CONFIGURABLE_GRANT_TYPES))
      .min(1)
      .describe('Default: authorization_code and refresh_token.'),
    redirect_uris: words.describe('Where answers may go; needed for authorization_code.'),
    jwks: z
      .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1) })
      .describe('Public keys (RFC 7517) for private_key_jwt, in the place of a client_secret.'),
    jwks_uri: z
      .string()
      .min(1)
      .describe('Where its public keys are fetched from: https, a public host, the usual port.'),
    token_endpoint_auth_method: z
      .enum(CONFIGURABLE_AUTH_METHODS)
      .describe(
        'Default: client_secret_basic with a secret, private_key_jwt with keys, none without.',
      ),
    client_name: plainText(NAME_CHARACTERS_MAX).describe('What people and services read.'),
    services: words.describe(
      'What its own tokens may be for; needed for client_credentials, and only there.',
    ),
    scopes: words.describe('What its own tokens may carry beside the base scope.'),
  })
  .partial()

export type ClientDefinition = z.infer<typeof clientDefinition>
