/**
 * Client authentication: `none`, `client_secret_basic`, `client_secret_post` (RFC 6749 section 2.3).
 * A client with a secret may send it either way, whichever it registered.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { digest } from '../../lib/platform/seal.ts'
import type { Client } from '../clients/client.ts'
import type { ClientDirectory } from '../clients/directory.ts'
import { type Credentials, parseBasicCredentials } from '../http/basic-credentials.ts'
import type { Params } from '../http/params.ts'
import type { FormState } from './read-form.ts'

export interface ClientState extends FormState {
  client: Client
}

export function authenticateClient(clients: ClientDirectory): Koa.Middleware<ClientState> {
  return async function authenticateClient(ctx, next) {
    const basic = parseBasicCredentials(ctx.get('authorization'))
    try {
      const credentials = readCredentials(basic, ctx.state.params)
      ctx.state.client = await verify(clients, credentials)
    } catch (error) {
      // RFC 6749 section 5.2: the answer names the scheme which the client used.
      if (basic !== undefined && OAuthError.from(error).code === 'invalid_client') {
        ctx.set('WWW-Authenticate', 'Basic realm="token endpoint", charset="UTF-8"')
      }
      throw error
    }
    await next()
  }
}

type SentCredentials = Omit<Credentials, 'secret'> & { readonly secret: string | undefined }

function readCredentials(
  basic: Credentials | 'malformed' | undefined,
  params: Params,
): SentCredentials {
  const clientId = params.get('client_id')
  const secret = params.get('client_secret')
  if (basic === 'malformed') throw failed('the Basic credentials cannot be read')
  if (basic === undefined) {
    if (clientId === undefined) throw failed('no client is named')
    return { clientId, secret }
  }
  if (secret !== undefined || (clientId !== undefined && clientId !== basic.clientId)) {
    throw new OAuthError('invalid_request', 'use one way of client authentication only')
  }
  return { clientId: basic.clientId, secret: basic.secret === '' ? undefined : basic.secret }
}

async function verify(
  clients: ClientDirectory,
  { clientId, secret }: SentCredentials,
): Promise<Client> {
  const client = await clients.find(clientId, 'held')
  if (client === undefined) throw failed('unknown client')
  const { secretDigest } = client
  // A public client that sends a secret believes to be another: it is not let in as itself.
  if (secretDigest === undefined ? secret === undefined : matches(secret, secretDigest)) {
    return client
  }
  throw failed('client authentication failed')
}

function matches(secret: string | undefined, secretDigest: string): boolean {
  return secret !== undefined && equalInConstantTime(digest(secret), secretDigest)
}

function failed(description: string): OAuthError {
  return new OAuthError('invalid_client', description)
}
