/** What fails at a provider, as a sentence for the person, a status, and a line in the log. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { Log } from '../../lib/platform/log.ts'
import { who } from '../pages/words/who.ts'
import { type Phrase, speak } from '../pages/words/words.ts'
import { wantsPage } from '../steps/answer-errors.ts'
import { ProviderError, type ProviderFault, type RedirectProvider } from './providers/provider.ts'
import { traceOf } from './providers/trace-of.ts'

interface Meaning {
  /** A key of pages/words/who.ts. */
  readonly key: string
  readonly status: 400 | 403 | 502 | 503
  readonly level: 'info' | 'warn' | 'error'
}

const MEANINGS: Readonly<Record<ProviderFault, Meaning>> = {
  cancelled: { key: 'loginCancelled', status: 400, level: 'info' },
  blocked: { key: 'accountBlocked', status: 403, level: 'info' },
  unavailable: { key: 'providerUnavailable', status: 503, level: 'warn' },
  misconfigured: { key: 'providerMisconfigured', status: 502, level: 'error' },
  invalid: { key: 'providerInvalid', status: 502, level: 'warn' },
  expired: { key: 'providerInvalid', status: 502, level: 'warn' },
}

/** As the sentences say: in a minute. */
const RETRY_AFTER_SECONDS = 60

export interface ProviderProblem {
  /** A word for the audit log. */
  readonly fault: ProviderFault | 'gateway_failed' | 'too_many'
  readonly problem: Phrase
  readonly status: Meaning['status'] | 429
  /** Undefined where waiting does not help: the person has to do something else. */
  readonly retryAfterSeconds: number | undefined
  /** The provider would name the same account again. */
  readonly isOfAccount: boolean
}

/** A fault of ours. */
export const GATEWAY_FAILED: ProviderProblem = {
  fault: 'gateway_failed',
  problem: { key: 'gatewayFailed' },
  status: 503,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
  isOfAccount: false,
}

/** @throws an OAuthError that it is given: that one says itself what has to be said. */
export function toProviderProblem(
  { name, label }: RedirectProvider,
  log: Log,
  thrown: unknown,
): ProviderProblem {
  if (thrown instanceof OAuthError) throw thrown
  if (!(thrown instanceof ProviderError)) {
    log.error({ provider: name, detail: traceOf(thrown) }, 'login failed for an unforeseen reason')
    return GATEWAY_FAILED
  }
  const { fault, detail } = thrown
  const { key, status, level } = MEANINGS[fault]
  log[level]({ provider: name, fault, detail }, 'login failed at the provider')
  return {
    fault,
    problem: { key, values: { provider: label } },
    status,
    retryAfterSeconds: status >= 500 ? RETRY_AFTER_SECONDS : undefined,
    isOfAccount: fault === 'blocked',
  }
}

/** @param showAgain the page that the person had left, with what they have to hear. */
export async function answerProblem(
  ctx: Koa.Context,
  { problem, status, retryAfterSeconds }: ProviderProblem,
  showAgain: (problem: Phrase) => Promise<void> | void,
): Promise<void> {
  if (wantsPage(ctx, 'page')) await showAgain(problem)
  else ctx.body = toError(problem, status).toJSON()
  ctx.status = status
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds))
}

/** For programs. */
function toError({ key, values }: Phrase, status: ProviderProblem['status']): OAuthError {
  const isOurs = status === 429 || status >= 500
  const code = isOurs ? 'temporarily_unavailable' : 'access_denied'
  return new OAuthError(code, speak(who, 'en').say(key, values), { status })
}
