/** What is kept of a login at one MCP server: as whom this command line is known there, and its tokens. */

import { z } from 'zod'
import { serverMetadataSchema } from '../oauth/server-metadata.ts'

/** How the authorization server came to know this command line. */
const clientSchema = z.looseObject({
  client_id: z.string(),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
  /** Absent also where the server registers (RFC 7591), and lets nobody manage what it registered. */
  registration_client_uri: z.string().optional(),
  registration_access_token: z.string().optional(),
  redirect_uris: z.array(z.string()).optional(),
  grant_types: z.array(z.string()).optional(),
})

const tokensSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  token_type: z.string(),
  scope: z.string().optional(),
  /** Seconds since 1970. */
  obtained_at: z.number(),
  /** Seconds; absent when the server does not say. */
  expires_in: z.number().optional(),
})

export const loginSchema = z.object({
  version: z.literal(1),
  url: z.string(),
  /** The resource indicator (RFC 8707), byte for byte as the server names itself. */
  resource: z.string().optional(),
  /** As it was when somebody logged in: a refresh token goes nowhere else. */
  server: serverMetadataSchema,
  client: clientSchema,
  /** Of a client that a person named, and nobody registered from here; with the port that it is bound to. */
  named: z.object({ callback_port: z.number().optional() }).optional(),
  tokens: tokensSchema.optional(),
})

export type Login = z.infer<typeof loginSchema>
export type KnownClient = Login['client']
export type Tokens = NonNullable<Login['tokens']>

/** A token that ends while its request is on the way is no use. */
const MARGIN_SECONDS_MAX = 30
/** Of short lives, the last tenth: a token of ten seconds is not refreshed at once. */
const MARGIN_SHARE = 0.1
/** What is dated later than this from now is of a clock that was ahead: nobody knows how old it is. */
const AHEAD_SECONDS_MAX = 30

/** @param now milliseconds since 1970. */
export function isFresh({ obtained_at, expires_in, refresh_token }: Tokens, now: number): boolean {
  if (expires_in === undefined) return true
  // Where nothing renews it, the server has to say.
  const isAhead = obtained_at > now / 1000 + AHEAD_SECONDS_MAX
  if (isAhead && refresh_token !== undefined) return false
  const margin = Math.min(MARGIN_SECONDS_MAX, expires_in * MARGIN_SHARE)
  return now / 1000 < obtained_at + expires_in - margin
}
