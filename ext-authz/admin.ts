/**
 * What operators ask, on a unix socket that nobody else can reach: `GET /metrics`, `GET /healthz` and
 * `POST /explain`.
 *
 * Not part of the gRPC socket: whoever scrapes figures must not be able to ask for decisions.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import { createServer } from '../lib/platform/node-http.ts'
import { sendJson } from '../lib/platform/send-json.ts'
import { sendFigures } from '../lib/platform/serve-figures.ts'
import type { Explanation, Question } from './explain.ts'

export interface AdminPorts {
  readonly metrics: () => Promise<string>
  /** Whether it decides. */
  readonly isServing: () => boolean
  readonly explain: (question: Question) => Promise<Explanation>
}

const BODY_BYTES_MAX = 65_536

const question = z.strictObject({
  token: z.string().optional(),
  url: z.string(),
  /** Taken and of no consequence: no method is let through without a token. */
  method: z.string().optional(),
  origin: z.string().optional(),
})

export function createAdminServer(ports: AdminPorts): Server {
  return createServer((request, response) => {
    respond(request, response, ports).catch((error: unknown) => {
      const words = error instanceof Error ? error.message : String(error)
      if (!response.headersSent)
        sendJson(response, 400, { error: 'invalid_request', error_description: words })
    })
  })
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, isServing, explain }: AdminPorts,
): Promise<void> {
  const route = `${request.method} ${request.url}`
  if (route === 'GET /metrics') {
    await sendFigures(response, metrics)
  } else if (route === 'GET /healthz') {
    response.writeHead(isServing() ? 200 : 503).end()
  } else if (route === 'POST /explain') {
    if (!(Number(request.headers['content-length']) <= BODY_BYTES_MAX)) {
      throw new RangeError(`the body needs a length of at most ${BODY_BYTES_MAX} bytes`)
    }
    const { token, url, origin } = question.parse(await json(request))
    sendJson(response, 200, await explain({ token, url, origin }))
  } else sendJson(response, 404, { error: 'not_found' })
}
