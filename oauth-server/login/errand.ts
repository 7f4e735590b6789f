/** What a person was about when they were sent to a provider: it waits for them, whatever they come back with. */

import type Koa from 'koa'
import type { Phrase } from '../pages/words/words.ts'
import type { Arrival } from './person.ts'

export interface Errand {
  /** A login older than this many seconds at the provider does not count. */
  readonly maxAgeSeconds: number | undefined
  /** Goes on with whom the provider named, or tells them that they may not. */
  finish(arrival: Arrival): Promise<void>
  /** The page they had left, with what went wrong: nothing of it is lost. */
  showAgain(problem: Phrase): Promise<void>
}

/** Where a service that was chosen before the departure is not there any more. */
export async function askForAnother(
  ctx: Koa.Context,
  showAgain: Errand['showAgain'],
): Promise<void> {
  await showAgain({ key: 'chooseService' })
  ctx.status = 400
}
