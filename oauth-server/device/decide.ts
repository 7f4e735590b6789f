/**
 * The person's decision about a device.
 *
 * Nothing of the form is believed but the decision, the way to log in and the choice among services: the
 * rest is what the device asked for. The confirmation belongs to the browser that was shown the question.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { type Approval, parseApproval } from '../authorize/approval.ts'
import { depart } from '../login/depart.ts'
import type { Away } from '../login/person.ts'
import { answerProblem } from '../login/provider-problem.ts'
import { findLogin } from '../login/session.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import { takeOrRefuse } from '../steps/limit-rate.ts'
import type { FormState } from '../steps/read-form.ts'
import type { Login } from '../store/logins.ts'
import { approveDevice } from './approve-device.ts'
import { type Confirmation, findConfirmation, gone } from './confirmation.ts'
import { showDevicePage, showDonePage } from './device-page.ts'
import { requireService } from './require-service.ts'

/** In the order in which the steps below bring them about. */
interface DecisionState extends FormState {
  confirmation: Confirmation
  login: Login | undefined
  approval: Approval
}

type Step = Koa.Middleware<DecisionState>

/** Somebody who mistypes, not a program. */
const LIMIT = { name: 'device-decision', burst: 60, perMinute: 30 }

export function decide(ports: Ports): Step[] {
  const { families, live, providers } = ports
  return [
    async function findOwnConfirmation(ctx, next) {
      const confirmationId = ctx.state.params.get('confirmation') ?? ''
      const entered = ctx.state.params.get('user_code') ?? ''
      ctx.state.confirmation = await findConfirmation(ctx, ports, { confirmationId, entered })
      await next()
    },

    async function limitByBrowser(ctx, next) {
      await takeOrRefuse(families.limits, LIMIT, ctx.state.confirmation.browser)
      await next()
    },

    async function readDecision(ctx, next) {
      const decision = ctx.state.params.get('decision')
      if (decision !== 'approve' && decision !== 'deny') {
        throw new OAuthError('invalid_request', 'The form says neither approve nor deny.')
      }
      await next()
    },

    async function refuseIfDenied(ctx, next) {
      if (ctx.state.params.get('decision') !== 'deny') return await next()
      const { confirmationId, browser, request } = ctx.state.confirmation
      if (!(await families.devices.deny(confirmationId, browser))) throw gone()
      const facts = { client_id: request.clientId, service: request.service }
      ports.records.add({ action: 'consent/deny', outcome: 'ok', ...facts })
      ctx.state.log.info({ client_id: request.clientId }, 'device denied')
      showDonePage(ctx, 'deny')
    },

    async function refuseIfGone(ctx, next) {
      await requireService(ports, ctx.state.confirmation)
      await next()
    },

    /** Before anything is used up: a mistyped name must not cost the person the whole way. */
    async function readApproval(ctx, next) {
      const { params, confirmation } = ctx.state
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      ctx.state.login = login
      const { service: asked } = confirmation.request
      const circumstances = { asked, login, services: live.current.services, providers }
      const approval = parseApproval(params, circumstances)
      if (typeof approval !== 'string') {
        ctx.state.approval = approval
        return await next()
      }
      await showAgain(ctx, ports, { key: approval })
      ctx.status = 400
    },

    async function goOn(ctx) {
      const { confirmation, approval } = ctx.state
      const { service, person } = approval
      if (person.kind === 'away') await leave(ctx, ports, service, person)
      else await approveDevice(ctx, ports, { confirmation, service, person })
    },
  ]
}

async function showAgain(
  ctx: Koa.ParameterizedContext<DecisionState>,
  ports: Ports,
  problem: Phrase,
): Promise<void> {
  const { confirmation, login, params } = ctx.state
  const chosen = params.get('service')
  await showDevicePage(ctx, ports, { ...confirmation, login, chosen, problem })
}

/** The device goes on waiting: whatever comes of it at the provider, the person comes back to it. */
async function leave(
  ctx: Koa.ParameterizedContext<DecisionState>,
  ports: Ports,
  service: string,
  { provider, isAnother }: Away,
): Promise<void> {
  const { confirmationId, userCode, browser } = ctx.state.confirmation
  const failure = await depart(ctx, ports, {
    provider,
    purpose: { kind: 'device', confirmationId, userCode, service },
    browser,
    loginHint: undefined,
    anew: isAnother,
  })
  if (failure === undefined) return
  await answerProblem(ctx, failure, (problem) => showAgain(ctx, ports, problem))
}
