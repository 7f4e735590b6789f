/**
 * POST /consent: the person's decision.
 *
 * Nothing of the form is believed but the decision, the way to log in and the choice among services: the
 * rest is the stored interaction. It is bound to the browser by a cookie that other sites cannot make it
 * send. Taking it is the last thing that is done: whatever failed before, the same form can be sent again.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { depart } from '../login/depart.ts'
import type { Away } from '../login/person.ts'
import { answerProblem } from '../login/provider-problem.ts'
import { findLogin } from '../login/session.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import { securePage } from '../steps/headers.ts'
import { takeOrRefuse } from '../steps/limit-rate.ts'
import { onIssuerHost } from '../steps/on-issuer-host.ts'
import { type FormState, readForm } from '../steps/read-form.ts'
import { requireOwnOrigin } from '../steps/require-own-origin.ts'
import type { Login } from '../store/logins.ts'
import { type Approval, parseApproval } from './approval.ts'
import { approve } from './approve.ts'
import { showConsentPage } from './consent-page.ts'
import { findQuestion, type OpenQuestion, requireService, useUp } from './open-question.ts'
import { type RespondentState, redirectErrors } from './respond.ts'

/** `again`: another try, after an account that may not in. */
type Decision = 'approve' | 'deny' | 'again'

/** In the order in which the steps below bring them about. */
interface ConsentState extends FormState, RespondentState {
  question: OpenQuestion
  decision: Decision
  login: Login | undefined
  approval: Approval
}

type Step = Koa.Middleware<ConsentState>

/** Somebody who mistypes, not a program. */
const LIMIT = { name: 'consent', burst: 60, perMinute: 30 }

export function consent(ports: Ports): Koa.Middleware[] {
  const { gateway, live, families } = ports
  const steps: Step[] = [
    securePage,
    onIssuerHost(gateway.addresses),
    requireOwnOrigin(gateway.addresses.issuer),
    readForm,
    redirectErrors(gateway.addresses.issuer),

    async function findOwnQuestion(ctx, next) {
      const interactionId = ctx.state.params.get('interaction') ?? ''
      ctx.state.question = await findQuestion(ctx, ports, interactionId)
      await next()
    },

    async function limitByBrowser(ctx, next) {
      await takeOrRefuse(families.limits, LIMIT, ctx.state.question.browser)
      await next()
    },

    async function readDecision(ctx, next) {
      ctx.state.decision = parseDecision(ctx.state.params.get('decision'))
      ctx.state.respondent = ctx.state.question.respondent
      await next()
    },

    async function refuseIfDenied(ctx, next) {
      if (ctx.state.decision !== 'deny') return await next()
      await useUp(ctx, ports, ctx.state.question)
      const { client, interaction } = ctx.state.question
      const facts = { client_id: client.id, service: interaction.service }
      ports.records.add({ action: 'consent/deny', outcome: 'ok', ...facts })
      throw new OAuthError('access_denied', 'the person denied the request')
    },

    async function refuseIfGone(ctx, next) {
      await requireService(ctx, ports, ctx.state.question)
      await next()
    },

    async function recognizePerson(ctx, next) {
      ctx.state.login = await findLogin(ctx, ports, ctx.state.question.interaction)
      if (ctx.state.decision === 'again') await showAgain(ctx, ports)
      else await next()
    },

    /** Before anything is used up: a mistyped name must not cost the person the whole login. */
    async function readApproval(ctx, next) {
      const { question, login, params } = ctx.state
      const { service: asked } = question.interaction
      const circumstances = {
        asked,
        login,
        services: live.current.services,
        providers: ports.providers,
      }
      const approval = parseApproval(params, circumstances)
      if (typeof approval === 'string') {
        await showAgain(ctx, ports, { key: approval })
        ctx.status = 400
        return
      }
      ctx.state.approval = approval
      await next()
    },

    async function goOn(ctx) {
      const { question, approval } = ctx.state
      const { service, person } = approval
      if (person.kind === 'away') await leave(ctx, ports, service, person)
      else await approve(ctx, ports, { question, service, person })
    },
  ]
  return steps
}

function parseDecision(text: string | undefined): Decision {
  if (text === 'approve' || text === 'deny' || text === 'again') return text
  throw new OAuthError('invalid_request', 'The form says neither approve nor deny.')
}

async function showAgain(
  ctx: Koa.ParameterizedContext<ConsentState>,
  ports: Ports,
  problem?: Phrase,
): Promise<void> {
  const { question, login, params } = ctx.state
  const service = params.get('service')
  await showConsentPage(ctx, ports, { ...question, login, service, problem })
}

/** The question stays open: whatever comes of it at the provider, the person comes back to it. */
async function leave(
  ctx: Koa.ParameterizedContext<ConsentState>,
  ports: Ports,
  service: string,
  { provider, isAnother }: Away,
): Promise<void> {
  const { interactionId, interaction, browser } = ctx.state.question
  const { loginHint, maxAgeSeconds, pushedRequestId } = interaction
  await ports.families.interactions.prolong(interactionId, browser, pushedRequestId)
  const journey = {
    provider,
    purpose: { kind: 'consent', interactionId, service },
    browser,
    // A hint is about whom the client expects, not about whom the person wants to be instead.
    loginHint: isAnother ? undefined : loginHint,
    anew: isAnother || maxAgeSeconds !== undefined,
  } as const
  const failure = await depart(ctx, ports, journey)
  if (failure === undefined) return
  await answerProblem(ctx, failure, (problem) => showAgain(ctx, ports, problem))
}
