/**
 * How a room that speaks HTTP leaves while others of its kind go on: whoever shares requests out is told to ask
 * elsewhere, and what arrives until then is answered. Nobody meets a connection that was closed in between.
 */

import type { RequestListener, Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './clock.ts'

export interface Leaving {
  /** The room's own answers, and the truth about its health once it leaves. */
  wrap(handle: RequestListener): RequestListener
  /** Resolves when every answer has been given and every connection is closed. */
  leave(server: Server): Promise<void>
}

const HEALTH_PATH = '/healthz'

/** Envoy: this process is to be taken for ill at once, not only after the next question about its health. */
const ASK_ELSEWHERE = 'x-envoy-immediate-health-check-fail'

/** Whoever has not asked for so long does not ask at all: there is nobody to tell. */
const LOOKS_MS_MAX = 2500
/** Longer than whoever asks leaves between two questions while there are requests. */
const TELLING_MS_MAX = 1200
/** From having been told to asking elsewhere. */
const SETTLE_MS = 100
const LOOK_MS = 20

export function createLeaving(clock: Clock): Leaving {
  let isLeaving = false
  let lookedAt = Number.NEGATIVE_INFINITY
  let toldAt = Number.POSITIVE_INFINITY
  return {
    wrap: (handle) => (request, response) => {
      const isLook = request.url === HEALTH_PATH
      if (isLook) lookedAt = clock()
      if (!isLeaving) return handle(request, response)
      toldAt = Math.min(toldAt, clock())
      response.setHeader('connection', 'close')
      response.setHeader(ASK_ELSEWHERE, 'true')
      if (isLook) response.writeHead(503).end()
      else handle(request, response)
    },

    async leave(server) {
      isLeaving = true
      const until = clock() - lookedAt > LOOKS_MS_MAX ? 0 : clock() + TELLING_MS_MAX
      while (clock() < Math.min(until, toldAt + SETTLE_MS) && (await hasConnections(server))) {
        await sleep(LOOK_MS)
      }
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await closed
    },
  }
}

function hasConnections(server: Server): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.getConnections((_error, count) => resolve(count > 0))
  return promise
}
