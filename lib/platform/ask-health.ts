/**
 * `node lib/platform/ask-health.ts SOCKET`: asks a room on its unix socket whether it serves, for the health check
 * of its container. Exit code 0 when `GET /healthz` is answered by 200; it ends by itself, always.
 */

import { get } from 'node:http'

const ANSWER_MS_MAX = 2000

const [, , socketPath = ''] = process.argv
const signal = AbortSignal.timeout(ANSWER_MS_MAX)
const options = {
  socketPath,
  path: '/healthz',
  headers: { host: 'localhost' },
  agent: false,
  signal,
}

get(options, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () =>
  process.exit(1),
)
