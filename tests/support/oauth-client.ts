/** An MCP client's half of OAuth: registers, builds the authorize URL, asks the token endpoint. */

import { createHash, randomBytes } from 'node:crypto'
import { form, type HttpResponse, type Send } from './http.ts'

export interface Registered {
  readonly client_id: string
  readonly client_secret?: string
  readonly [name: string]: unknown
}

export interface AuthorizationAttempt {
  readonly url: string
  readonly verifier: string
}

export type Fields = Readonly<Record<string, string>>

export interface OAuthClient {
  register(metadata?: object): Promise<Registered>
  /** A good request; `changes` replace parameters, an empty text removes one. */
  begin(clientId: string, changes?: Fields): AuthorizationAttempt
  token(fields: Fields, headers?: Fields): Promise<HttpResponse>
}

export const REDIRECT_URI = 'http://127.0.0.1:51234/callback'

export function createOAuthClient(send: Send, issuer: string): OAuthClient {
  return {
    async register(metadata = {}) {
      const response = await send({
        url: `${issuer}/register`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          client_name: 'Test client',
          redirect_uris: ['http://127.0.0.1/callback'],
          token_endpoint_auth_method: 'none',
          ...metadata,
        }),
      })
      if (response.status !== 201) throw new Error(`not registered: ${response.text}`)
      return response.json() as Registered
    },
    begin(clientId, changes = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const params = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: REDIRECT_URI,
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state: 'a state',
        ...changes,
      })
      for (const [name, value] of Object.entries(changes)) if (value === '') params.delete(name)
      return { url: `${issuer}/authorize?${params}`, verifier }
    },
    token(fields, headers = {}) {
      const sent = form(fields)
      return send({ ...sent, url: `${issuer}/token`, headers: { ...sent.headers, ...headers } })
    },
  }
}
