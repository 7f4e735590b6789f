/**
 * POST /consent: the person's decision.
 *
 * Nothing of the form is believed but the decision, the name and the choice among services: the rest
 * is the stored interaction. It is bound to the browser by a cookie that other sites cannot make it send.
 * Taking it is the last thing that is done: whatever failed before, the same form can be sent again.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import { enter, findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { takeOrRefuse } from '../steps/limit-rate.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { type FormState, readForm } from '../steps/read-form.ts'
import { requireGrantType } from '../steps/require-grant-type.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import type { Interaction } from '../store/interactions.ts'
import { type Approval, parseApproval } from './approval.ts'
import { showConsentPage } from './consent-page.ts'
import { grantAccess } from './grant-access.ts'
import { rememberConsent } from './remembered.ts'
import { type RespondentState, redirectErrors, respondentOf, sendCode } from './respond.ts'

/** In the order in which the steps below bring them about. */
interface ConsentState extends FormState, RespondentState {
  browser: string
  interactionId: string
  interaction: Interaction
  client: Client
  approval: Approval
}

type Step = Koa.Middleware<ConsentState>

/** Somebody who mistypes, not a program. */
const LIMIT = { name: 'consent', burst: 60, perMinute: 30 }

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

    async function limitByBrowser(ctx, next) {
      await takeOrRefuse(ports.families.limits, LIMIT, ctx.state.browser)
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
      const { interaction } = ctx.state
      const client = await ports.clients.find(interaction.clientId, 'held')
      ctx.state.respondent = respondentOf(client, interaction)
      Object.assign(ctx.state, { client })
      await next()
    },

    requireGrantType('authorization_code'),

    async function refuseIfDenied(ctx, next) {
      if (ctx.state.params.get('decision') === 'deny') {
        await decide(ctx, ports)
        throw new OAuthError('access_denied', 'the person denied the request')
      }
      await next()
    },

    /** Before anything is used up: a mistyped name must not cost the person the whole login. */
    async function readApproval(ctx, next) {
      const { interaction, interactionId, client, params } = ctx.state
      const login = await findLogin(ctx, ports, interaction)
      const { providers, gateway } = ports
      const { services } = gateway
      const circumstances = { asked: interaction.service, login, services, providers }
      const approval = parseApproval(params, circumstances)
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

    async function answerWithCode(ctx) {
      const code = await approve(ctx, ports)
      sendCode(ctx, code, issuer)
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
async function decide(
  ctx: Koa.ParameterizedContext<ConsentState>,
  { families }: Ports,
): Promise<void> {
  const { interactionId, browser, interaction } = ctx.state
  if (interaction.pushedRequestId !== undefined) {
    await families.pushedRequests.useUp(interaction.pushedRequestId)
  }
  const taken = await families.interactions.take(interactionId, browser)
  if (taken !== undefined) return
  delete ctx.state.respondent
  throw gone()
}

async function approve(ctx: Koa.ParameterizedContext<ConsentState>, ports: Ports): Promise<string> {
  const { approval, client, interaction } = ctx.state
  const { service, person } = approval
  const login = person.kind === 'known' ? person.login : await enter(ctx, ports, person.user)
  const code = await grantAccess(ports, { interaction, login, service })
  if (code === undefined) throw signedOut(ctx)
  await ports.clients.keep(client)
  await rememberConsent(ports, { interaction, login, service, client })
  await decide(ctx, ports)
  const facts = { user: login.userId, client_id: client.id, service }
  ctx.state.log.info(facts, 'access approved')
  return code
}

function signedOut({ state }: Koa.ParameterizedContext<ConsentState>): OAuthError {
  delete state.respondent
  return new OAuthError(
    'invalid_request',
    'You have signed out while this page was open. Go back and send it again.',
    { status: 403 },
  )
}
