/** One login provider as an operator writes it under `providers` in `gateway.yaml`. */

import { z } from 'zod'
import { plainText, secretReference } from './definition-texts.ts'

const PROVIDER_KINDS = ['github', 'oidc', 'dev'] as const
export type ProviderKind = (typeof PROVIDER_KINDS)[number]

const LABEL_CHARACTERS_MAX = 60

/** What can stand in a form or a header without being encoded in two ways. */
export const PRINTABLE = /^[\x21-\x7e]{1,255}$/
export const PRINTABLE_EXPECTED = 'must be 1 to 255 printable ASCII characters without blanks'

const printable = z.string().regex(PRINTABLE, PRINTABLE_EXPECTED)

export const providerDefinition = z
  .strictObject({
    type: z
      .enum(PROVIDER_KINDS)
      .describe('Default: by the name for github and dev, oidc where an issuer stands.'),
    label: plainText(LABEL_CHARACTERS_MAX).describe('What people read. Default: by the name.'),
    client_id: printable.describe('Under which the provider knows this gateway.'),
    client_secret: secretReference.describe(
      '${secret.NAME}: from the environment. Absent: GITHUB_CLIENT_SECRET for github, a public client for oidc.',
    ),
    url: z.string().describe('github: where people log in. Default: https://github.com.'),
    api_url: z
      .string()
      .describe('github: its API. Default: https://api.github.com, or url with /api/v3.'),
    issuer: z.string().describe('oidc: byte for byte as the provider calls itself.'),
    groups_claim: printable.describe('oidc: the claim that lists groups. Default: groups.'),
    login_claim: printable.describe(
      'oidc: the claim that names a person for people. Default: preferred_username.',
    ),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be a scope without blanks'))
      .describe('oidc: asked for beside openid, profile and email.'),
    trust_email: z
      .boolean()
      .describe('oidc: its addresses count as verified, since the directory is yours.'),
  })
  .partial()

export type ProviderDefinition = z.infer<typeof providerDefinition>
