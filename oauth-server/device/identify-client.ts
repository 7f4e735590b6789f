/**
 * Who opens a device authorization: its `client_id` is enough, also for a client with a secret
 * (RFC 8628 section 3.1 leaves it to client authentication; installed clients send none here). What is
 * opened is of no use without the poll, and that one authenticates.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { ClientDirectory } from '../clients/directory.ts'
import { authenticateClient, type ClientState } from '../steps/authenticate-client.ts'

const CREDENTIALS = ['client_secret', 'client_assertion', 'client_assertion_type']

/** Credentials that are sent have to be right. */
export function identifyClient(clients: ClientDirectory): Koa.Middleware<ClientState> {
  const authenticate = authenticateClient(clients)
  return async function identifyClient(ctx, next) {
    const { params } = ctx.state
    const sendsCredentials =
      ctx.get('authorization') !== '' || CREDENTIALS.some((name) => params.get(name) !== undefined)
    if (sendsCredentials) return await authenticate(ctx, next)
    const clientId = params.get('client_id')
    const client = clientId === undefined ? undefined : await clients.find(clientId, 'current')
    if (client === undefined) {
      throw new OAuthError('invalid_client', 'no client is named, or it is not known: register it')
    }
    ctx.state.client = client
    await next()
  }
}
