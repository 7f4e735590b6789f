/** An authorization request that waits for a person's decision, found by the browser it was opened in. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Client } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import type { Interaction } from '../store/interactions.ts'
import { type Respondent, type RespondentState, respondentOf, unknownClient } from './respond.ts'

export interface OpenQuestion {
  readonly browser: string
  readonly interactionId: string
  readonly interaction: Interaction
  readonly client: Client
  /** Whom the decision is told to. */
  readonly respondent: Respondent
}

/** By whichever of the browser's binding cookies it was opened. @throws OAuthError when there is none. */
export async function findQuestion(
  ctx: Koa.Context,
  { cookies, families, clients }: Ports,
  interactionId: string,
): Promise<OpenQuestion> {
  const found = await families.interactions.find(interactionId, cookies.browser.readAll(ctx))
  if (found === undefined) throw gone()
  const client = await clients.find(found.interaction.clientId, 'held')
  if (client === undefined) throw unknownClient()
  const respondent = respondentOf(client, found.interaction)
  return { ...found, interactionId, client, respondent }
}

/** One cannot tell an expired page from another browser's, and need not. */
function gone(): OAuthError {
  return new OAuthError(
    'invalid_request',
    'This page has expired, was used already, or belongs to another browser. Start again from the application.',
    { status: 403, explain: 'expired' },
  )
}

/**
 * The service that was asked for was there when the question was.
 * @throws OAuthError for the client, once the question is used up.
 */
export async function requireService(
  ctx: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  question: OpenQuestion,
): Promise<void> {
  const { service } = question.interaction
  if (service === undefined || ports.live.current.services.has(service)) return
  await useUp(ctx, ports, question)
  throw new OAuthError('invalid_target', 'the service is not there any more')
}

/** Of a double submit, or of a pushed request opened in two browsers, one goes on; the other is told so on a page. */
export async function useUp(
  ctx: Koa.ParameterizedContext<RespondentState>,
  { families }: Ports,
  { interactionId, browser, interaction }: OpenQuestion,
): Promise<void> {
  const { pushedRequestId } = interaction
  const taken = await families.interactions.take(interactionId, browser, pushedRequestId)
  if (taken !== undefined) return
  delete ctx.state.respondent
  throw gone()
}
