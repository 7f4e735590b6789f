/**
 * What is known of the request that is being answered, wherever in the process somebody works on it: so
 * that each line of the log and each record of the audit log says which it belongs to.
 */

import { AsyncLocalStorage } from 'node:async_hooks'

export interface RequestContext {
  /** Envoy's; undefined for who did not come through it. */
  readonly requestId: string | undefined
  /** Of the last hop before Envoy; empty for who did not come through it. */
  readonly address: string
}

const storage = new AsyncLocalStorage<RequestContext>()

/** Whatever `work` begins, also what goes on after it, belongs to the request. */
export function withinRequest<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work)
}

/** For what one request happens to begin and others go on with: it belongs to none. */
export function outsideRequests<Result>(work: () => Result): Result {
  return storage.exit(work)
}

/** Undefined outside of any request. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore()
}
