/** What clients ask and what comes of it, for Prometheus: by service, never by person, client or tool. */

import type { Figures } from '../lib/platform/figures.ts'
import type { AuditTrail } from '../lib/store/audit.ts'

/** One HTTP request that is over. */
export interface RequestFacts {
  readonly service: string
  readonly httpMethod: string | undefined
  readonly status: number
  readonly seconds: number
}

/** Seconds: from an answer of a process that runs to one that was worked on for minutes. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600]
const METHODS = new Set(['GET', 'POST', 'DELETE'])

/** @returns what is to be told of each request. */
export function tellRequests(figures: Figures): (facts: RequestFacts) => void {
  const requests = figures.tally(
    'mcp_requests_total',
    'HTTP requests to MCP endpoints that were let through the edge.',
    ['service', 'method', 'status'],
  )
  const duration = figures.timing(
    'mcp_request_duration_seconds',
    'How long POST requests to MCP endpoints took, until the end of the answer.',
    BUCKETS,
    ['service'],
  )
  return ({ service, httpMethod = '', status, seconds }) => {
    const method = METHODS.has(httpMethod) ? httpMethod : 'other'
    requests.add([service, method, String(status)])
    // A listening stream has no end of its own.
    if (method === 'POST') duration.observe(seconds, [service])
  }
}

/** The same trail, whose records of tools are counted. */
export function countToolCalls(trail: AuditTrail, figures: Figures): AuditTrail {
  const calls = figures.tally('tool_calls_total', 'Calls of tools by what came of them.', [
    'service',
    'outcome',
  ])
  const duration = figures.timing(
    'tool_call_duration_seconds',
    'How long calls of tools took.',
    BUCKETS,
    ['service'],
  )
  return {
    append(record) {
      const { service = '', outcome, duration_ms = 0 } = record
      calls.add([service, outcome])
      duration.observe(duration_ms / 1000, [service])
      trail.append(record)
    },
    flush: () => trail.flush(),
  }
}
