/** Requests of the command line's own: they say who sends them, and are given up. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FetchLike } from '@modelcontextprotocol/client'

const TIMEOUT_MS = 30_000

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string }

/** Under which servers meet this program. */
export const SOFTWARE = { name: 'mcp-oauth-gateway', version } as const

export const USER_AGENT = `${SOFTWARE.name}/${SOFTWARE.version}`

/** For OAuth: short questions, short answers. */
export const fetchBriefly: FetchLike = (url, init = {}) => {
  const headers = new Headers(init.headers)
  headers.set('user-agent', USER_AGENT)
  const patience = AbortSignal.timeout(TIMEOUT_MS)
  const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience
  // A form is for whom it is addressed to: codes and secrets follow nobody elsewhere.
  const redirect = (init.method ?? 'GET') === 'GET' ? 'follow' : 'manual'
  return fetch(url, { redirect, ...init, headers, signal })
}
