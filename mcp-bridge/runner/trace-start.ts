/** How long a server takes until its first word: what somebody waits for who needs a new one. */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Span, Tracing } from '../../lib/platform/tracing/tracing.ts'
import type { UpstreamEvents } from './upstream.ts'

/** The events as they were, where nobody's trace is to tell of it. */
export function traceStart(
  tracing: Tracing | undefined,
  parent: Span | undefined,
  service: Service,
  events: UpstreamEvents,
): UpstreamEvents {
  if (tracing === undefined || parent === undefined) return events
  const span = tracing.start(`start ${service.name}`, {
    kind: 'internal',
    parent,
    attributes: {
      'mcp_gateway.service': service.name,
      'mcp_gateway.launch': service.launch.kind,
    },
  })
  let isOver = false
  const over = (how?: string): void => {
    if (isOver) return
    isOver = true
    if (how !== undefined) span.fail(how)
    span.end()
  }
  return {
    ...events,
    message(message, about) {
      over()
      events.message(message, about)
    },
    ended(ending) {
      over('ended')
      events.ended(ending)
    },
  }
}
