/**
 * From a person's approval to the answer of the client, whoever vouched for the person.
 *
 * Taking the question is the last thing that is done: whatever failed before, the same page can be used again.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { isOutOfBand } from '../clients/redirect-uri.ts'
import type { Present } from '../login/person.ts'
import { noteRefusal, type Refusal, showRefusedPage, toAccessDenied } from '../login/refusal.ts'
import { loginOf } from '../login/session.ts'
import type { Ports } from '../ports.ts'
import { checkGrantType } from '../steps/require-grant-type.ts'
import { grantAccess } from './grant-access.ts'
import { type OpenQuestion, useUp } from './open-question.ts'
import { rememberConsent } from './remembered.ts'
import { type RespondentState, sendCode } from './respond.ts'

export interface Approved {
  readonly question: OpenQuestion
  readonly service: string
  readonly person: Present
}

export async function approve(
  ctx: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  { question, service, person }: Approved,
): Promise<void> {
  const { interaction, client, browser } = question
  checkGrantType(client, 'authorization_code')
  const login = await loginOf(ctx, ports, person)
  if (login === undefined) {
    return await refuse(ctx, ports, question, { person, service: undefined, browser })
  }
  if (!(await ports.access.allows(login.userId, service))) {
    const known = { kind: 'known', login } as const
    return await refuse(ctx, ports, question, { person: known, service, browser })
  }
  const code = await grantAccess(ports, { interaction, login, service })
  if (code === undefined) throw signedOut(ctx)
  await ports.clients.keep(client)
  await rememberConsent(ports, { interaction, login, service, client })
  await useUp(ctx, ports, question)
  const facts = { user: login.userId, client_id: client.id, service }
  ctx.state.log.info(facts, 'access approved')
  sendCode(ctx, code, ports.gateway.addresses.issuer)
}

/** Where nobody can be told by a redirect the question stays open: for another account. */
async function refuse(
  ctx: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  question: OpenQuestion,
  refusal: Refusal,
): Promise<void> {
  await noteRefusal(ctx, ports, refusal)
  if (!isOutOfBand(question.respondent.target.uri)) {
    await useUp(ctx, ports, question)
    throw toAccessDenied(ports, refusal)
  }
  const fields = { interaction: question.interactionId, decision: 'again' }
  showRefusedPage(ctx, ports, refusal, { method: 'post', action: '/consent', fields })
}

function signedOut({ state }: Koa.ParameterizedContext<RespondentState>): OAuthError {
  delete state.respondent
  return new OAuthError(
    'invalid_request',
    'You have signed out while this page was open. Go back and send it again.',
    { status: 403, explain: 'otherLogin' },
  )
}
