/** What operators ask, on a unix socket that nobody else can reach: `GET /metrics` and `GET /processes`. */

import type { Server, ServerResponse } from 'node:http'
import { createServer } from '../lib/platform/node-http.ts'
import { sendJson } from '../lib/platform/send-json.ts'
import { sendFigures } from '../lib/platform/serve-figures.ts'
import type { ProcessEntry } from './process-list.ts'

export interface AdminPorts {
  readonly metrics: () => Promise<string>
  readonly processes: () => Promise<readonly ProcessEntry[]>
}

export function createAdminServer(ports: AdminPorts): Server {
  return createServer((request, response) => {
    respond(`${request.method} ${request.url}`, response, ports).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: 'server_error', error_description: String(error) })
    })
  })
}

async function respond(
  route: string,
  response: ServerResponse,
  { metrics, processes }: AdminPorts,
): Promise<void> {
  if (route === 'GET /metrics') {
    await sendFigures(response, metrics)
  } else if (route === 'GET /processes') {
    sendJson(response, 200, { processes: await processes() })
  } else sendJson(response, 404, { error: 'not_found' })
}
