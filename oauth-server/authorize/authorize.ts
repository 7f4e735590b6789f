/**
 * GET /authorize: the authorization endpoint (RFC 6749 section 3.1).
 *
 * Repeatable and without consequence: some clients fetch it themselves before the browser does, without
 * cookies. Each GET opens an interaction of its own; the decision is made at /consent. HEAD passes the
 * same checks and opens nothing.
 */

import type Koa from 'koa'
import { OAuthError, type OAuthErrorCode } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import type { ClientDirectory } from '../clients/directory.ts'
import { bindBrowser } from '../http/bind-browser.ts'
import { clientAddress, requesterKey } from '../http/client-address.ts'
import { type Params, parseParams } from '../http/params.ts'
import { findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { limitByAddress } from '../steps/limit-rate.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'
import {
  type PushedRequest,
  type PushedRequests,
  pushedRequestId,
  REQUEST_URI_START,
} from '../store/pushed-requests.ts'
import { showConsentPage } from './consent-page.ts'
import { grantRemembered, judgeWithoutAsking, revisionOf } from './remembered.ts'
import { type AuthorizationRequest, parseAuthorizationRequest } from './request.ts'
import { namingResource } from './resource-of-host.ts'
import {
  type RespondentState,
  redirectErrors,
  requireRespondent,
  respondentOf,
  sendCode,
  unknownClient,
} from './respond.ts'

/** In the order in which the steps below bring them about. */
interface AuthorizeState extends RespondentState {
  params: Params
  client: Client
  pushed: (PushedRequest & { readonly id: string }) | undefined
  request: AuthorizationRequest
  interaction: Interaction
  login: Login | undefined
}

type Step = Koa.Middleware<AuthorizeState>

/** Each request opens a record; whole schools and companies come from one address. */
const LIMIT = { name: 'authorize', burst: 600, perMinute: 300 }

export function authorize(ports: Ports): Koa.Middleware[] {
  const { families, gateway, live } = ports
  const { issuer } = gateway.addresses
  const steps: Step[] = [
    securePage,
    onIssuerHost(gateway.addresses, namingResource(ports)),
    limitByAddress(families.limits, LIMIT),
    redirectErrors(issuer),

    async function readQuery(ctx, next) {
      ctx.state.params = parseParams(ctx.querystring)
      await next()
    },

    /** RFC 6749 section 4.1.2.1: without a known client and redirect URI nobody is redirected. */
    async function resolveClient(ctx, next) {
      ctx.state.client = await requireClient(ctx, ports.clients)
      await next()
    },

    /** RFC 9126 section 4: beside `client_id` nothing else of the query counts then. */
    async function recallPushedRequest(ctx, next) {
      const { client, params } = ctx.state
      ctx.state.pushed = await findPushed(families.pushedRequests, client, params)
      await next()
    },

    async function matchRedirectUri(ctx, next) {
      const { client, params, pushed } = ctx.state
      ctx.state.respondent =
        pushed === undefined ? requireRespondent(client, params) : respondentOf(client, pushed)
      await next()
    },

    requireGrantType('authorization_code'),

    async function checkRequest(ctx, next) {
      const { client, params, pushed } = ctx.state
      ctx.state.request =
        pushed?.request ?? (await parseAuthorizationRequest(params, client, ports))
      ctx.state.interaction = toInteraction(ctx.state, ctx.state.request)
      await next()
    },

    /** What was pushed may be about a service that has gone since. */
    async function refuseIfGone(ctx, next) {
      const { service } = ctx.state.request
      if (service === undefined || live.current.services.has(service)) return await next()
      throw new OAuthError('invalid_target', 'the service is not there any more')
    },

    async function answerHead(ctx, next) {
      if (ctx.method !== 'HEAD') return await next()
      ctx.status = 200
      ctx.type = 'html'
    },

    async function recognizePerson(ctx, next) {
      ctx.state.login = await findLogin(ctx, ports, ctx.state.request)
      await next()
    },

    async function answerWithoutAsking(ctx, next) {
      const { request } = ctx.state
      const answer = await approveAgain(ctx, ports)
      if ('code' in answer) return sendCode(ctx, answer.code, issuer)
      if (request.silent) throw toRefusal(answer.obstacle)
      await next()
    },

    async function askThePerson(ctx) {
      const { interaction, client, login } = ctx.state
      const browser = bindBrowser(ctx, ports.cookies)
      const interactionId = await families.interactions.open(interaction, browser)
      await showConsentPage(ctx, ports, { interactionId, interaction, client, login })
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
  const requester = requesterKey(clientAddress(ctx))
  const client = clientId && (await clients.find(clientId, 'current', requester))
  if (client) return client
  throw unknownClient()
}

/** Undefined for a request that carries its own parameters. */
async function findPushed(
  pushedRequests: PushedRequests,
  client: Client,
  params: Params,
): Promise<AuthorizeState['pushed']> {
  const requestUri = params.get('request_uri')
  if (!requestUri?.startsWith(REQUEST_URI_START)) return undefined
  const isRepeated = params.repeated.includes('request_uri')
  const pushed = isRepeated ? undefined : await pushedRequests.find(requestUri)
  if (pushed?.clientId === client.id) return { ...pushed, id: pushedRequestId(requestUri) }
  throw staleRequestUri()
}

function staleRequestUri(): OAuthError {
  return new OAuthError(
    'invalid_request_uri',
    'This request has expired, was answered already, or belongs to another application. Start again from the application.',
    { explain: 'expired' },
  )
}

function toInteraction(
  { client, pushed, respondent }: AuthorizeState,
  { silent: _silent, insistent: _insistent, ...request }: AuthorizationRequest,
): Interaction {
  if (respondent === undefined) throw new TypeError('no redirect target was resolved')
  return {
    ...request,
    clientId: client.id,
    redirectUri: respondent.target.uri,
    state: respondent.state,
    clientRevision: revisionOf(client),
    pushedRequestId: pushed?.id,
  }
}

/** A code without any page, where the person is known and has approved the same before. */
async function approveAgain(
  ctx: Koa.ParameterizedContext<AuthorizeState>,
  ports: Ports,
): Promise<{ readonly code: string } | { readonly obstacle: OAuthErrorCode }> {
  const { interaction, client, login, request } = ctx.state
  if (request.insistent || !isNavigation(ctx)) return { obstacle: 'interaction_required' }
  const verdict = await judgeWithoutAsking(ports, { interaction, client, login })
  if ('obstacle' in verdict) return verdict
  const granted = await grantRemembered(ports, { ...verdict, client })
  if ('obstacle' in granted) return granted
  await ports.clients.keep(client)
  await useUpPushed(ctx, ports)
  const facts = { user: verdict.login.userId, client_id: client.id, service: verdict.service }
  ports.records.add({ action: 'consent/remembered', outcome: 'ok', ...facts })
  ctx.state.log.info({ ...facts, remembered: true }, 'access approved')
  return granted
}

function toRefusal(obstacle: OAuthErrorCode): OAuthError {
  const isDenied = obstacle === 'access_denied'
  return new OAuthError(
    obstacle,
    isDenied ? 'whoever is signed in may not use this service' : 'a person has to be asked',
  )
}

/** Only a page that the person goes to: not what another page, of a neighbour even, loads behind it. */
function isNavigation(ctx: Koa.Context): boolean {
  return ['', 'document'].includes(ctx.get('sec-fetch-dest'))
}

/** Last, when nothing is left that could fail; of two tabs one is answered. */
async function useUpPushed(
  { state }: Koa.ParameterizedContext<AuthorizeState>,
  { families }: Ports,
): Promise<void> {
  if (state.pushed === undefined || (await families.pushedRequests.useUp(state.pushed.id))) return
  delete state.respondent
  throw staleRequestUri()
}
