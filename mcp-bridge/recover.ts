/** A client that comes back to a session that has ended with its process: what it missed, and no more. */

import type { Bridge } from './bridge.ts'
import { replay } from './event-stream.ts'
import { type Exchange, headerOf, LAST_EVENT_HEADER, ownerOf } from './exchange.ts'
import { RpcFault } from './json-rpc.ts'

/** False when it does not ask for that, or nothing is left for it. */
export async function recover(
  { events }: Bridge,
  exchange: Exchange,
  sessionId: string,
): Promise<boolean> {
  const { request } = exchange
  const lastEventId = headerOf(request, LAST_EVENT_HEADER) ?? ''
  if (request.method !== 'GET' || lastEventId === '') return false
  const missed = await events
    .recover(sessionId, ownerOf(exchange), lastEventId)
    .catch((cause: unknown) => {
      const message = 'what this stream has sent cannot be read now: try again later'
      throw new RpcFault(503, 'refused', message, { cause, headers: { 'retry-after': '5' } })
    })
  if (missed === undefined || missed.length === 0) return false
  exchange.admission.assertStands()
  replay(exchange.response, missed)
  return true
}
