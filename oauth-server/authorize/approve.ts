/**
 * From a person's approval to the answer of the client, whoever vouched for the person.
 *
 * Taking the question is the last thing that can fail: whatever failed before, the same page can be used
 * again. Of two tabs that approve one is answered. Whoever proved in the other one who they are is signed in
 * all the same, as after a second click they expect to be; nothing else comes of it.
 */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { isOutOfBand } from '../clients/redirect-uri.ts'
import { admit } from '../login/admission.ts'
import type { Present } from '../login/person.ts'
import { type Refusal, showRefusedPage, toAccessDenied } from '../login/refusal.ts'
import { signedOutMeanwhile } from '../login/sign-out.ts'
import type { Ports } from '../ports.ts'
import { logError } from '../steps/answer-errors.ts'
import { checkGrantType } from '../steps/require-grant-type.ts'
import type { Login } from '../store/logins.ts'
import { type Access, type Approved as Decided, grantAccess } from './grant-access.ts'
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
  const admission = await admit(ctx, ports, { person, service, browser })
  if ('refusal' in admission) return await refuse(ctx, ports, question, admission.refusal)
  const { login } = admission
  await requireExpected(ctx, ports, question, login)
  const access = await grantAccess(ports, { interaction, login, service })
  if (access === undefined) {
    delete ctx.state.respondent
    throw signedOutMeanwhile()
  }
  await ports.clients.keep(client)
  await useUp(ctx, ports, question)
  await remember(ctx, ports, { interaction, login, service, grantId: access.grantId })
  const facts = { user: login.userId, client_id: client.id, service }
  ports.records.add({ action: 'consent/approve', outcome: 'ok', ...facts })
  ctx.state.log.info(facts, 'access approved')
  sendCode(ctx, access.code, ports.gateway.addresses.issuer)
}

/**
 * After the question was taken: of two tabs that decide, the other one's word is not kept. Where it cannot be
 * kept at all the person is asked again the next time.
 */
async function remember(
  { state }: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  decided: Decided & Pick<Access, 'grantId'>,
): Promise<void> {
  try {
    await rememberConsent(ports, decided)
  } catch (thrown) {
    logError(state.log, OAuthError.from(thrown))
  }
}

/** OpenID Connect Core 3.1.2.2: about another person than the one of `id_token_hint` there is no answer. */
async function requireExpected(
  ctx: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  question: OpenQuestion,
  { userId }: Login,
): Promise<void> {
  const { expectedUserId } = question.interaction
  if (expectedUserId === undefined || expectedUserId === userId) return
  await useUp(ctx, ports, question)
  throw new OAuthError('login_required', 'somebody else has logged in than id_token_hint names')
}

/** Where nobody can be told by a redirect the question stays open: for another account. */
async function refuse(
  ctx: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  question: OpenQuestion,
  refusal: Refusal,
): Promise<void> {
  if (!isOutOfBand(question.respondent.target.uri)) {
    await useUp(ctx, ports, question)
    throw toAccessDenied(ports, refusal)
  }
  const fields = { interaction: question.interactionId, decision: 'again' }
  showRefusedPage(ctx, ports, refusal, { method: 'post', action: '/consent', fields })
}
