/**
 * POST /par: pushed authorization requests (RFC 9126 section 2).
 *
 * The client is authenticated and the whole request checked before any browser is involved, so that
 * every fault is told to the client itself.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import type { Ports } from '../ports.ts'
import { authenticateClient, type ClientState } from '../steps/authenticate-client.ts'
import { noStore } from '../steps/headers.ts'
import { limitByAddress, takeOrRefuse } from '../steps/limit-rate.ts'
import { readForm } from '../steps/read-form.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import { PUSHED_SECONDS, type PushedRequest } from '../store/pushed-requests.ts'
import { parseAuthorizationRequest } from './request.ts'
import { requireRespondent } from './respond.ts'

interface PushState extends ClientState {
  pushed: PushedRequest
}

type Step = Koa.Middleware<PushState>

const ADDRESS_LIMIT = { name: 'par-address', burst: 600, perMinute: 300 }
/** Of a client that has proved who it is; what only names one counts for its own address. */
const CLIENT_LIMIT = { name: 'par-client', burst: 300, perMinute: 300 }

export function pushRequest(ports: Ports): Koa.Middleware[] {
  const { limits, pushedRequests } = ports.families
  const steps: Step[] = [
    noStore,
    limitByAddress(limits, ADDRESS_LIMIT),
    readForm,
    authenticateClient(ports),
    requireGrantType('authorization_code'),

    async function limitByClient(ctx, next) {
      await takeOrRefuse(limits, CLIENT_LIMIT, subjectOf(ctx))
      await next()
    },

    /** RFC 9126 section 2.1: a request that is pushed does not refer to another one. */
    async function refuseRequestUri(ctx, next) {
      if (ctx.state.params.get('request_uri') !== undefined) {
        throw new OAuthError('invalid_request', 'request_uri cannot be pushed')
      }
      await next()
    },

    async function checkRequest(ctx, next) {
      const { client, params } = ctx.state
      const { target, state } = requireRespondent(client, params)
      const request = await parseAuthorizationRequest(params, client, ports)
      ctx.state.pushed = { clientId: client.id, redirectUri: target.uri, state, request }
      await next()
    },

    async function sendRequestUri(ctx) {
      const requestUri = await pushedRequests.push(ctx.state.pushed)
      ctx.status = 201
      ctx.body = { request_uri: requestUri, expires_in: PUSHED_SECONDS }
    },
  ]
  return steps
}

/** A public client's name is anybody's: no stranger uses up what everybody else has who uses it. */
function subjectOf(ctx: Koa.ParameterizedContext<PushState>): string {
  const { client, hasCredentials } = ctx.state
  if (hasCredentials) return client.id
  return JSON.stringify([client.id, addressKey(clientAddress(ctx))])
}
