/** What is known of an HTTP request at its arrival, for the tool that it will call: the SDKs pass on less, or change it. */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'

export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>

/** One line of a header that may have come several times; empty when it did not come. */
export function headerText(received: ReceivedHeaders, name: string): string {
  return [received[name] ?? ''].flat().join(', ')
}

export interface Arrival {
  /** In `performance.now()`. */
  readonly atMs: number
  readonly headers: ReceivedHeaders
}

const arrivals = new AsyncLocalStorage<Arrival>()

/** Runs what answers the request. */
export function afterArrival<T>({ headers }: IncomingMessage, answer: () => T): T {
  return arrivals.run({ atMs: performance.now(), headers: { ...headers } }, answer)
}

/** Of the request that is being answered. */
export function currentArrival(): Arrival {
  const arrival = arrivals.getStore()
  if (arrival === undefined) throw new Error('no request is being answered')
  return arrival
}
