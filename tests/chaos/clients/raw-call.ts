/** One call without a session, with whatever token: what it meets, and what it is told. */

import { rpc } from '../../support/mcp.ts'
import type { FetchLike } from '../../support/socket-fetch.ts'
import { STATELESS, statelessBody } from '../../support/stateless.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { timedFetch } from './patience.ts'

export interface RawCall {
  readonly endpoint: string
  readonly accessToken: string
  readonly text: string
  /** Within this one; without, a request of 2026-07-28. */
  readonly sessionId?: string
}

export interface Met {
  readonly status: number
  /** The text that the tool answered with; undefined when it did not. */
  readonly told: string | undefined
}

/** The argument of each service's `echo` that carries the text. */
const argumentOf = (endpoint: string): string =>
  endpoint.endsWith('/echo/mcp') ? 'message' : 'text'

const STATELESS_HEADERS = {
  'mcp-protocol-version': STATELESS,
  'mcp-method': 'tools/call',
  'mcp-name': 'echo',
}

const sessionHeaders = (sessionId: string): Record<string, string> => ({
  'mcp-session-id': sessionId,
  'mcp-protocol-version': '2025-11-25',
})

export async function callRaw(
  { endpoint, accessToken, text, sessionId }: RawCall,
  send: FetchLike = timedFetch,
): Promise<Met> {
  const params = { name: 'echo', arguments: { [argumentOf(endpoint)]: text } }
  const answer = await send(endpoint, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(sessionId === undefined ? STATELESS_HEADERS : sessionHeaders(sessionId)),
    },
    body: JSON.stringify(
      sessionId === undefined ? statelessBody('tools/call', params) : rpc('tools/call', params),
    ),
  })
  const body = await answer.text()
  const [, told] = /"text":("(?:[^"\\]|\\.)*")/.exec(body) ?? []
  return {
    status: answer.status,
    told: told === undefined ? undefined : (JSON.parse(told) as string),
  }
}

/** As `callRaw`; the ledger judges it. Undefined when nobody answered. */
export async function knock(ledger: Ledger, call: RawCall): Promise<Met | undefined> {
  const sentAt = ledger.clock()
  const met = await callRaw(call).catch(() => undefined)
  if (met === undefined) ledger.count('requests without an answer')
  else ledger.knocked({ ...call, sentAt, status: met.status })
  return met
}
