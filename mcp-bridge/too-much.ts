/** Refusals of what is too much for one client at a time. */

import { RpcFault } from './json-rpc.ts'
import { PENDING_PER_SESSION_MAX } from './limits.ts'

export function tooManyPending(): RpcFault {
  const message = `${PENDING_PER_SESSION_MAX} requests of this session wait for an answer: wait for some`
  return new RpcFault(429, 'refused', message, { headers: { 'retry-after': '1' } })
}

/** Of an answer that would have to wait as well. */
export function notSent(): RpcFault {
  const message = 'the answer was dropped: too much waits to be read by you: read the answers first'
  return new RpcFault(200, 'refused', message)
}

export function tooMuchUnread(): RpcFault {
  const message = 'too much waits to be read by this client: read the answers first'
  return new RpcFault(429, 'refused', message, { headers: { 'retry-after': '1' } })
}
