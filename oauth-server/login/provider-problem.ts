/** What fails at a provider, as a sentence for the person, a status, and a line in the log. */

import { OAuthError } from '../../lib/oauth/error.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Phrase } from '../pages/words/words.ts'
import { ProviderError, type ProviderFault, type RedirectProvider } from './providers/provider.ts'

interface Meaning {
  /** A key of pages/words/who.ts. */
  readonly key: string
  readonly status: 400 | 502 | 503
  readonly level: 'info' | 'warn' | 'error'
}

const MEANINGS: Readonly<Record<ProviderFault, Meaning>> = {
  cancelled: { key: 'loginCancelled', status: 400, level: 'info' },
  unavailable: { key: 'providerUnavailable', status: 503, level: 'warn' },
  misconfigured: { key: 'providerMisconfigured', status: 502, level: 'error' },
  invalid: { key: 'providerInvalid', status: 502, level: 'warn' },
  expired: { key: 'providerInvalid', status: 502, level: 'warn' },
}

/** A fault of ours. */
export const GATEWAY_FAILED: ProviderProblem = {
  problem: { key: 'gatewayFailed' },
  status: 503,
}

export interface ProviderProblem {
  readonly problem: Phrase
  readonly status: Meaning['status'] | 429
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
  return { problem: { key, values: { provider: label } }, status }
}

/** Where it happened, without the message: that may hold what the provider said word for word. */
function traceOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  const frames = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return [thrown.name, ...frames].join('\n')
}
