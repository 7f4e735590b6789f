/** Waiting for something on behalf of a client, who may leave meanwhile. */

import type { ServerResponse } from 'node:http'

/**
 * @param wait gets a signal that is aborted when the client leaves. One request may wait many times: nothing of it
 * stays on the answer.
 */
export async function unlessLeft<T>(
  response: ServerResponse,
  wait: (left: AbortSignal) => Promise<T>,
): Promise<T> {
  const left = new AbortController()
  const leave = (): void => left.abort()
  response.once('close', leave)
  if (response.destroyed) leave()
  try {
    return await wait(left.signal)
  } finally {
    response.off('close', leave)
  }
}
