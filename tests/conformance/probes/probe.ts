/** A probe tries what the metadata claims; it fails when the claim does not hold. */

import type { ExecutionContext } from 'ava'
import { form, type HttpResponse, type Send } from '../../support/http.ts'
import {
  createOAuthClient,
  type Fields,
  type OAuthClient,
  type Registered,
} from '../../support/oauth-client.ts'
import { createTokenSource, type TokenSource } from '../../support/obtain-tokens.ts'

export type Metadata = Readonly<Record<string, unknown>>

/** What a probe tries. */
export interface Subject {
  readonly send: Send
  readonly issuer: string
  readonly metadata: Metadata
  readonly oauth: OAuthClient
  readonly source: TokenSource
  readonly publicClient: Registered
  readonly confidentialClient: Registered
  /** Sends a form to the endpoint that the metadata names. */
  post(endpoint: string, fields: Fields, headers?: Fields): Promise<HttpResponse>
}

export type Probe = (t: ExecutionContext, subject: Subject) => Promise<void>

export async function createSubject(
  send: Send,
  issuer: string,
  source: TokenSource = createTokenSource(send, issuer),
): Promise<Subject> {
  const oauth = createOAuthClient(send, issuer)
  const url = `${issuer}/.well-known/oauth-authorization-server`
  const metadata = (await send({ url })).json()
  return {
    send,
    issuer,
    metadata,
    oauth,
    source,
    publicClient: await oauth.register(),
    confidentialClient: await oauth.register({ token_endpoint_auth_method: 'client_secret_post' }),
    post(endpoint, fields, headers = {}) {
      const sent = form(fields)
      const all = { ...sent.headers, ...headers }
      return send({ ...sent, url: String(metadata[endpoint]), headers: all })
    },
  }
}
