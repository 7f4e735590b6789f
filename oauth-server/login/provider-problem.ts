/** What a provider's fault becomes: a sentence for the person, a status, and a line in the log. */

import type { Log } from '../../lib/platform/log.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import { ProviderError, type ProviderFault } from './providers/provider.ts'

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

export interface ProviderProblem {
  readonly problem: Phrase
  readonly status: 400 | 502 | 503
}

/**
 * Logged without its cause, which may hold what the provider said word for word.
 * @throws what it is given unless that is a ProviderError.
 */
export function toProviderProblem(
  { providers }: Pick<Ports, 'providers'>,
  log: Log,
  thrown: unknown,
): ProviderProblem {
  if (!(thrown instanceof ProviderError)) throw thrown
  const { provider, fault, detail } = thrown
  const { key, status, level } = MEANINGS[fault]
  log[level]({ provider, fault, detail }, 'login failed at the provider')
  const label = providers.get(provider)?.label ?? provider
  return { problem: { key, values: { provider: label } }, status }
}
