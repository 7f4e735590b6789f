/**
 * GET /authorize: the authorization endpoint (RFC 6749 section 3.1).
 *
 * Repeatable and without consequence: some clients fetch it themselves before the browser does, without
 * cookies. Each GET opens an interaction of its own; the decision is made at /consent.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import type { ClientDirectory } from '../clients/directory.ts'
import { bindBrowser } from '../http/bind-browser.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import { type Params, parseParams } from '../http/params.ts'
import { findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import type { Interaction } from '../store/interactions.ts'
import { showConsentPage } from './consent-page.ts'
import { resolveRedirectTarget } from './redirect-target.ts'
import { type AuthorizationRequest, parseAuthorizationRequest } from './request.ts'
import { type Respondent, type RespondentState, redirectErrors } from './respond.ts'

/** In the order in which the steps below bring them about. */
interface AuthorizeState extends RespondentState {
  params: Params
  client: Client
  request: AuthorizationRequest
}

type Step = Koa.Middleware<AuthorizeState>

/** A state is returned byte for byte, so it has a bound. */
const STATE_CHARACTERS_MAX = 4096

export function authorize(ports: Ports): Koa.Middleware[] {
  const { families, gateway } = ports
  const steps: Step[] = [
    securePage,
    onIssuerHost(gateway.addresses),
    redirectErrors(gateway.addresses.issuer),

    async function readQuery(ctx, next) {
      ctx.state.params = parseParams(ctx.querystring)
      await next()
    },

    /** RFC 6749 section 4.1.2.1: without a known client and redirect URI nobody is redirected. */
    async function resolveClient(ctx, next) {
      ctx.state.client = await requireClient(ctx, ports.clients)
      await next()
    },

    async function matchRedirectUri(ctx, next) {
      ctx.state.respondent = requireRespondent(ctx.state.client, ctx.state.params)
      await next()
    },

    async function checkRequest(ctx, next) {
      ctx.state.request = parseAuthorizationRequest(ctx.state.params, ports.resources)
      await next()
    },

    async function refuseSilence(ctx, next) {
      if (ctx.state.request.silent) {
        const login = await findLogin(ctx, ports, ctx.state.request)
        const code = login === undefined ? 'login_required' : 'interaction_required'
        throw new OAuthError(code, 'a person has to decide')
      }
      await next()
    },

    async function askThePerson(ctx) {
      const { client, respondent, request } = ctx.state
      const interaction = toInteraction(client, respondent, request)
      const browser = bindBrowser(ctx, ports.cookies)
      const interactionId = await families.interactions.open(interaction, browser)
      const login = await findLogin(ctx, ports, interaction)
      showConsentPage(ctx, ports, { interactionId, interaction, client, login })
    },
  ]
  return steps
}

async function requireClient(
  ctx: Koa.ParameterizedContext<AuthorizeState>,
  clients: ClientDirectory,
): Promise<Client> {
  const { params } = ctx.state
  const clientId = params.repeated.includes('client_id') ? undefined : params.get('client_id')
  const requester = addressKey(clientAddress(ctx))
  const client = clientId && (await clients.find(clientId, 'current', requester))
  if (client) return client
  throw new OAuthError(
    'invalid_client',
    'The application that sent you here is not known, or no longer. It has to register again.',
    { status: 400 },
  )
}

function requireRespondent(client: Client, params: Params): Respondent {
  const isRepeated = params.repeated.includes('redirect_uri')
  const target = isRepeated ? undefined : resolveRedirectTarget(client, params.get('redirect_uri'))
  if (target === undefined) {
    throw new OAuthError(
      'invalid_request',
      'The application that sent you here named a redirect_uri that it has not registered.',
    )
  }
  const state = params.get('state')
  if (state !== undefined && state.length > STATE_CHARACTERS_MAX) {
    throw new OAuthError('invalid_request', 'The state of the application is too long.')
  }
  return { target, state: params.repeated.includes('state') ? undefined : state }
}

function toInteraction(
  client: Client,
  respondent: Respondent | undefined,
  { silent: _silent, ...request }: AuthorizationRequest,
): Interaction {
  if (respondent === undefined) throw new TypeError('no redirect target was resolved')
  return {
    ...request,
    clientId: client.id,
    redirectUri: respondent.target.uri,
    state: respondent.state,
  }
}
