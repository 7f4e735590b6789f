/** A step that records what comes of the steps behind it. */

import type Koa from 'koa'
import { OAuthError, type OAuthErrorCode } from '../../lib/oauth/error.ts'
import type { LogState } from '../steps/log-access.ts'
import type { Deed, Records } from './records.ts'

/** What is no outcome yet: a device goes on asking every few seconds. */
const UNDECIDED: ReadonlySet<OAuthErrorCode> = new Set(['authorization_pending', 'slow_down'])

/**
 * The outcome is `ok`, or the code of the error.
 * @param describe reads of the state what the steps had found out by then.
 */
export function recordOutcome<State extends LogState>(
  { records }: { readonly records: Records },
  describe: (state: Partial<State>) => Omit<Deed, 'outcome'>,
): Koa.Middleware<State> {
  return async function recordOutcome(ctx, next) {
    try {
      await next()
    } catch (thrown) {
      const { code, detail } = OAuthError.from(thrown)
      if (!UNDECIDED.has(code)) {
        const deed = describe(ctx.state)
        records.add({ ...deed, outcome: code, details: { ...deed.details, reason: detail } })
      }
      throw thrown
    }
    records.add({ ...describe(ctx.state), outcome: 'ok' })
  }
}
