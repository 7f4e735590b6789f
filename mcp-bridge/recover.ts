/** A client that comes back to a session that has ended with its process: what it missed, and no more. */

import type { Bridge } from './bridge.ts'
import { replay } from './event-stream.ts'
import { type Exchange, headerOf, ownerOf } from './exchange.ts'
import { RpcFault } from './json-rpc.ts'
import type { SessionNotHere } from './sessions.ts'

export const LAST_EVENT_HEADER = 'last-event-id'

/**
 * What it leaves unread counts among what it is answered without a session.
 * @throws SessionNotHere when the client has not come back for anything, or nothing is left for it.
 */
export async function recover(
  { events, readers, streams: { keepAlive } }: Bridge,
  exchange: Exchange,
  notHere: SessionNotHere,
): Promise<void> {
  const { request, response, admission } = exchange
  const lastEventId = headerOf(request, LAST_EVENT_HEADER)
  if (request.method !== 'GET' || !lastEventId) throw notHere
  const missed = await events
    .recover(notHere.id, ownerOf(exchange), lastEventId)
    .catch((cause: unknown) => {
      const message = 'what this stream has sent cannot be read now: try again later'
      throw new RpcFault(503, 'refused', message, { cause, headers: { 'retry-after': '5' } })
    })
  if (missed === undefined || missed.length === 0) throw notHere
  admission.assertStands()
  const { backlog } = readers.enter(ownerOf(exchange), response)
  replay(response, missed, { keepAlive, backlog })
}
