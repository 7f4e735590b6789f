/** What is on its way to a client that may read slowly, or not at all. */

import type { ServerResponse } from 'node:http'
import type { Backlog, Queue } from './backlog.ts'
import { STUCK_BEATS_MAX } from './limits.ts'
import type { Ticker } from './ticker.ts'

/** A whole answer: until it is read it counts among what waits for its client. */
export function countUnread(response: ServerResponse, backlog: Backlog, keepAlive: Ticker): void {
  const answer: Queue = {
    get unsent() {
      return response.writableLength
    },
  }
  backlog.add(answer)
  backlog.grown()
  cutUnread(response, keepAlive)
  response.once('close', () => backlog.remove(answer))
}

/**
 * Who has taken nothing for so long of what waits for it is gone, also when the answer has ended; who reads
 * slowly is not: the timer of a socket begins anew while a write gets on, long before there is a `drain`.
 */
export function cutUnread(response: ServerResponse, { intervalMs }: Ticker): void {
  response.setTimeout(STUCK_BEATS_MAX * intervalMs, () => {
    if (response.writableLength > 0) response.destroy()
  })
}
