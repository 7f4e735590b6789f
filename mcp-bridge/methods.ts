/** Names of the protocol's methods that more than one part of the bridge looks at. */

export const CALL_TOOL = 'tools/call'
export const LIST_TOOLS = 'tools/list'
export const CANCELLED = 'notifications/cancelled'
/** Of MCP 2026-07-28 alone. */
export const DISCOVER = 'server/discover'
export const LISTEN = 'subscriptions/listen'

/** The only ones in the course of which a client may be asked for more (MCP 2026-07-28, multi round-trip requests). */
export const ASKING: ReadonlySet<string> = new Set([CALL_TOOL, 'prompts/get', 'resources/read'])

/** Requests that do the same when a server gets them twice: they begin something, or read. */
export const REPEATABLE: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  DISCOVER,
  LISTEN,
  LIST_TOOLS,
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
])
