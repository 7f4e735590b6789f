/**
 * POST /consent: the person's decision.
 *
 * Nothing of the form is believed but the decision, the name and the choice among services: the rest
 * is the stored interaction. It is bound to the browser by a cookie that other sites cannot make it send.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import { findLogin, signIn } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { type FormState, readForm } from '../steps/read-form.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import type { Interaction } from '../store/interactions.ts'
import type { Login } from '../store/logins.ts'
import { type Approval, parseApproval } from './approval.ts'
import { showConsentPage } from './consent-page.ts'
import { resolveRedirectTarget } from './redirect-target.ts'
import { type RespondentState, redirectErrors, sendResponse } from './respond.ts'

/** In the order in which the steps below bring them about. */
interface ConsentState extends FormState, RespondentState {
  browser: string
  interactionId: string
  interaction: Interaction
  client: Client
  approval: Approval
}

type Step = Koa.Middleware<ConsentState>

export function consent(ports: Ports): Koa.Middleware[] {
  const { gateway } = ports
  const { issuer } = gateway.addresses
  const steps: Step[] = [
    securePage,
    onIssuerHost(gateway.addresses),
    requireOwnOrigin(issuer),
    readForm,
    redirectErrors(issuer),

    async function findInteraction(ctx, next) {
      const interactionId = ctx.state.params.get('interaction')
      const found = interactionId && (await findOwn(ctx, ports, interactionId))
      if (!found) throw gone()
      Object.assign(ctx.state, { interactionId, ...found })
      await next()
    },

    async function readDecision(ctx, next) {
      const decision = ctx.state.params.get('decision')
      if (decision !== 'approve' && decision !== 'deny') {
        throw new OAuthError('invalid_request', 'The form says neither approve nor deny.')
      }
      await next()
    },

    async function findRespondent(ctx, next) {
      const { clientId, redirectUri, state } = ctx.state.interaction
      const client = await ports.clients.find(clientId, 'held')
      const target = client && resolveRedirectTarget(client, redirectUri)
      if (client === undefined || target === undefined) throw gone()
      ctx.state.client = client
      ctx.state.respondent = { target, state }
      await next()
    },

    async function refuseIfDenied(ctx, next) {
      if (ctx.state.params.get('decision') === 'deny') {
        await takeInteraction(ctx, ports)
        throw new OAuthError('access_denied', 'the person denied the request')
      }
      await next()
    },

    /** Before anything is used up: a mistyped name must not cost the person the whole login. */
    async function readApproval(ctx, next) {
      const { interaction, interactionId, client, params } = ctx.state
      const login = await findLogin(ctx, ports, interaction)
      const services = ports.gateway.services
      const approval = parseApproval(params, { asked: interaction.service, login, services })
      if (typeof approval === 'string') {
        showConsentPage(ctx, ports, {
          interactionId,
          interaction,
          client,
          login,
          problem: approval,
        })
        ctx.status = 400
        return
      }
      ctx.state.approval = approval
      await next()
    },

    async function sendCode(ctx) {
      const code = await issueCode(ctx, ports)
      sendResponse(ctx, { code, iss: issuer })
    },
  ]
  return steps
}

/** By whichever of the browser's binding cookies it was opened. */
async function findOwn(
  ctx: Koa.Context,
  { cookies, families }: Ports,
  interactionId: string,
): Promise<{ browser: string; interaction: Interaction } | undefined> {
  for (const browser of cookies.browser.readAll(ctx)) {
    const interaction = await families.interactions.find(interactionId, browser)
    if (interaction !== undefined) return { browser, interaction }
  }
  return undefined
}

/** One cannot tell an expired page from another browser's, and need not. */
function gone(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This page has expired, was used already, or belongs to another browser. Start again from the application.',
    { status: 403 },
  )
}

/** Of a double submit one goes on; the other is told so on a page, without a redirect. */
async function takeInteraction(
  ctx: Koa.ParameterizedContext<ConsentState>,
  { families }: Ports,
): Promise<Interaction> {
  const { interactionId, browser } = ctx.state
  const interaction = await families.interactions.take(interactionId, browser)
  if (interaction !== undefined) return interaction
  delete ctx.state.respondent
  throw gone()
}

async function issueCode(
  ctx: Koa.ParameterizedContext<ConsentState>,
  ports: Ports,
): Promise<string> {
  const { service, person } = ctx.state.approval
  const interaction = await takeInteraction(ctx, ports)
  const login = person.kind === 'known' ? person.login : await signIn(ctx, ports, person.user)
  const code = await grantAccess(ports, { interaction, login, service })
  await ports.clients.keep(ctx.state.client)
  const facts = { user: login.userId, client_id: interaction.clientId, service }
  ctx.state.log.info(facts, 'access approved')
  return code
}

async function grantAccess(
  { families, scopes, resources }: Ports,
  approved: { interaction: Interaction; login: Login; service: string },
): Promise<string> {
  const { interaction, login, service } = approved
  const { id: loginId, ...person } = login
  const grant = await families.grants.create({
    ...person,
    loginId,
    clientId: interaction.clientId,
    resource: resources.resourceOf(service),
    scopes: scopes.grant(service, interaction.requestedScopes),
  })
  return await families.codes.issue({
    grantId: grant.id,
    userId: grant.userId,
    clientId: grant.clientId,
    redirectUri: interaction.redirectUri,
    codeChallenge: interaction.codeChallenge,
    nonce: interaction.nonce,
  })
}
