/** What is said of a call that has taken too long, whatever kind of server it waits for. */

import type { ServiceLimits } from '../lib/catalogue/service.ts'

/** Whether it was silent, or has lasted too long whatever it told. */
export type Lateness = 'silent' | 'long'

/** Follows the name of the service. */
export function toOverdueWords(
  was: Lateness,
  { callTimeoutMs, callCeilingMs }: Pick<ServiceLimits, 'callTimeoutMs' | 'callCeilingMs'>,
): string {
  return was === 'silent'
    ? `was silent for ${callTimeoutMs / 1000} s: ask again, or for less at once (callTimeout of the service)`
    : `has not finished within ${callCeilingMs / 1000} s: ask for less at once (callCeiling of the service)`
}
