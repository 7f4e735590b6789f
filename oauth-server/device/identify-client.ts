/**
 * Who opens a device authorization: its `client_id` is enough, also for a client with a secret
 * (RFC 8628 section 3.1 leaves it to client authentication; installed clients send none here). What is
 * opened is of no use without the poll, and that one authenticates.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { clientAddress, requesterKey } from '../http/client-address.ts'
import {
  type AuthenticationPorts,
  authenticateClient,
  type ClientState,
} from '../steps/authenticate-client.ts'

const CREDENTIALS = ['client_secret', 'client_assertion', 'client_assertion_type']

/** Credentials that are sent have to be right. */
export function identifyClient(ports: AuthenticationPorts): Koa.Middleware<ClientState> {
  const authenticate = authenticateClient(ports)
  return async function identifyClient(ctx, next) {
    const { params } = ctx.state
    const sendsCredentials =
      ctx.get('authorization') !== '' || CREDENTIALS.some((name) => params.get(name) !== undefined)
    if (sendsCredentials) return await authenticate(ctx, next)
    const clientId = params.get('client_id')
    const requester = requesterKey(clientAddress(ctx))
    const client = clientId && (await ports.clients.find(clientId, 'current', requester))
    if (!client) {
      throw new OAuthError('invalid_client', 'no client is named, or it is not known: register it')
    }
    ctx.state.client = client
    ctx.state.hasCredentials = false
    await next()
  }
}
