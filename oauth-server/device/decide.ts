/**
 * The person's decision about a device.
 *
 * Nothing of the form is believed but the decision, the name and the choice among services: the rest
 * is what the device asked for. The confirmation belongs to the browser that was shown the question.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { type Approval, parseApproval } from '../authorize/approval.ts'
import type { Client } from '../clients/client.ts'
import { enter, findLogin } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import type { FormState } from '../steps/read-form.ts'
import type { DeviceRequest } from '../store/devices.ts'
import { showDevicePage, showDonePage } from './device-page.ts'
import { parseUserCode } from './user-code.ts'

/** In the order in which the steps below bring them about. */
interface DecisionState extends FormState {
  confirmationId: string
  browser: string
  request: DeviceRequest
  client: Client
  approval: Approval
}

type Step = Koa.Middleware<DecisionState>

export function decide(ports: Ports): Step[] {
  const { families, clients, gateway } = ports
  return [
    async function findConfirmation(ctx, next) {
      const confirmationId = ctx.state.params.get('confirmation') ?? ''
      const found = await findOwn(ctx, ports, confirmationId)
      const client = found && (await clients.find(found.request.clientId, 'held'))
      if (client === undefined) throw gone()
      Object.assign(ctx.state, { confirmationId, client, ...found })
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
      const { confirmationId, browser, request } = ctx.state
      if (!(await families.devices.deny(confirmationId, browser))) throw gone()
      ctx.state.log.info({ client_id: request.clientId }, 'device denied')
      showDonePage(ctx, 'deny')
    },

    /** Before anything is used up: a mistyped name must not cost the person the whole way. */
    async function readApproval(ctx, next) {
      const { params, request, client, confirmationId } = ctx.state
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      const { services } = gateway
      const circumstances = {
        asked: request.service,
        login,
        services,
        providers: ports.providers,
      }
      const approval = parseApproval(params, circumstances)
      if (typeof approval !== 'string') {
        ctx.state.approval = approval
        return await next()
      }
      const userCode = parseUserCode(params.get('user_code') ?? '') ?? ''
      const question = { confirmationId, userCode, request, client, login }
      showDevicePage(ctx, ports, { ...question, problem: approval })
      ctx.status = 400
    },

    async function approveDevice(ctx) {
      const { request, client, approval } = ctx.state
      const userId = await approve(ctx, ports)
      await clients.keep(client)
      const facts = { user: userId, client_id: request.clientId, service: approval.service }
      ctx.state.log.info(facts, 'device approved')
      showDonePage(ctx, 'approve')
    },
  ]
}

/** By whichever of the browser's binding cookies it was shown. */
async function findOwn(
  ctx: Koa.Context,
  { cookies, families }: Ports,
  confirmationId: string,
): Promise<{ browser: string; request: DeviceRequest } | undefined> {
  for (const browser of cookies.browser.readAll(ctx)) {
    const request = await families.devices.find(confirmationId, browser)
    if (request !== undefined) return { browser, request }
  }
  return undefined
}

/** One cannot tell an expired page from another browser's, and need not. */
function gone(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This page has expired, was used already, or belongs to another browser. Enter the code that your device shows now.',
    { status: 403 },
  )
}

/** Of a double submit one makes a grant; the other is told so on a page. */
async function approve(
  ctx: Koa.ParameterizedContext<DecisionState>,
  ports: Ports,
): Promise<string> {
  const { families, scopes, resources } = ports
  const { confirmationId, browser, request, approval } = ctx.state
  const { service, person } = approval
  const login = person.kind === 'known' ? person.login : await enter(ctx, ports, person.user)
  const { id: loginId, userId, userName, authenticatedAt } = login
  // Signed out meanwhile, perhaps in another tab.
  if (!(await families.logins.stands(login))) throw gone()
  const approved = await families.devices.approve(confirmationId, browser, {
    userId,
    userName,
    authenticatedAt,
    loginId,
    clientId: request.clientId,
    resource: resources.resourceOf(service),
    scopes: scopes.grant(service, request.requestedScopes),
  })
  if (!approved) throw gone()
  return login.userId
}
