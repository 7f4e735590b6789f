/** An authorization request whose person went to a provider, after they had approved it here. */

import type Koa from 'koa'
import { askForAnother, type Errand } from '../login/errand.ts'
import { findLogin } from '../login/session.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import type { Purpose } from '../store/upstream-logins.ts'
import { approve } from './approve.ts'
import { showConsentPage } from './consent-page.ts'
import { findQuestion, requireService } from './open-question.ts'
import type { RespondentState } from './respond.ts'

/** @throws OAuthError when it was decided meanwhile, in another tab perhaps. */
export async function resumeConsent(
  ctx: Koa.ParameterizedContext<RespondentState>,
  ports: Ports,
  { interactionId, service }: Extract<Purpose, { readonly kind: 'consent' }>,
): Promise<Errand> {
  const question = await findQuestion(ctx, ports, interactionId)
  const { interaction, respondent } = question
  const showAgain = async (problem: Phrase): Promise<void> => {
    const login = await findLogin(ctx, ports, interaction)
    await showConsentPage(ctx, ports, { ...question, login, service, problem })
  }
  return {
    maxAgeSeconds: interaction.maxAgeSeconds,
    async finish(arrival) {
      ctx.state.respondent = respondent
      await requireService(ctx, ports, question)
      if (!ports.live.current.services.has(service)) return await askForAnother(ctx, showAgain)
      await approve(ctx, ports, { question, service, person: { kind: 'new', arrival } })
    },
    showAgain,
  }
}
