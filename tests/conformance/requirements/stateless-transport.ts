/** What the bridge makes of requests without a session (MCP Streamable HTTP, revision 2026-07-28). */

import type { Requirement } from './requirement.ts'

const STATELESS = 'https://modelcontextprotocol.io/specification/2026-07-28/basic'
const HTTP = `${STATELESS}/transports/streamable-http`
const HEADERS = `${HTTP}#server-validation`
const SUBSCRIPTIONS = `${STATELESS}/patterns/subscriptions`
const HIJACKING =
  'https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#session-hijacking'

export const STATELESS_TRANSPORT = {
  'stateless-discover': {
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/server/discover',
    behavior: 'server/discover tells every revision that this URL serves',
  },
  'stateless-no-session': {
    source: `${HTTP}#earlier-streamable-http-revisions`,
    behavior: 'no answer has a session id; one that is sent, and Last-Event-ID, are ignored',
  },
  'stateless-beside-sessions': {
    source: `${STATELESS}/versioning#backward-compatibility-with-initialization-based-versions`,
    behavior: 'sessions and requests without one on the same URL: the body tells them apart',
  },
  'stateless-one-door': {
    source: `${HTTP}#earlier-streamable-http-revisions`,
    behavior: 'GET and DELETE of a client without a session are 405',
  },
  'stateless-single-messages': {
    source: `${HTTP}#sending-messages`,
    behavior: 'a batch or a response is 400, a notification 202 with an empty body',
  },
  'stateless-version-mismatch': {
    source: `${HTTP}#protocol-version-header`,
    behavior: 'MCP-Protocol-Version other than the envelope’s, or missing, is 400 with -32020',
  },
  'stateless-version-unknown': {
    source: `${STATELESS}/versioning#protocol-version-negotiation`,
    behavior: 'a revision that is not served is 400 with -32022, what is served and what was asked',
  },
  'stateless-method-mismatch': {
    source: HEADERS,
    behavior: 'Mcp-Method other than the body’s method, or missing, is 400 with -32020',
  },
  'stateless-name-mismatch': {
    source: HEADERS,
    behavior:
      'Mcp-Name other than the body’s name or URI, plain or in base64, or missing, is 400 with -32020',
  },
  'stateless-argument-mismatch': {
    source: `${HTTP}#server-behavior-for-custom-headers`,
    behavior:
      'Mcp-Param headers other than the arguments of a tool that declares them are 400 with -32020',
  },
  'stateless-envelope': {
    source: `${STATELESS}/index#meta`,
    behavior: 'an envelope without revision or capabilities is 400 with -32602',
  },
  'stateless-unknown-method': {
    source: `${HTTP}#sending-messages`,
    behavior: 'what does not exist, or no longer does, is 404 with -32601',
  },
  'stateless-capability': {
    source: `${STATELESS}/index#error-codes`,
    behavior: 'what the client would have to be able to, and is not, is 400 with -32021',
  },
  'stateless-rounds': {
    source: `${STATELESS}/patterns/mrtr`,
    behavior:
      'what a server requires first, and the state it wants back, go to the client and return as they are',
  },
  'stateless-leaving': {
    source: `${STATELESS}/patterns/cancellation`,
    behavior: 'a client that leaves has cancelled: its server is told, other calls go on',
  },
  'stateless-first-byte': {
    source: `${HTTP}#receiving-messages`,
    behavior: 'a call that lasts shows its first byte within a second, and nothing buffers it',
  },
  'stateless-keep-alive': {
    source: `${HTTP}#receiving-messages`,
    behavior: 'a stream on which nothing happens shows again and again that it lives',
  },
  'stateless-listen': {
    source: SUBSCRIPTIONS,
    behavior: 'a subscription begins with its acknowledgment and brings what it asked for alone',
  },
  'stateless-logs': {
    source: `${STATELESS}/index#meta`,
    behavior: 'log messages come to the call that asked for them alone',
  },
  'stateless-ids-equal': {
    source: 'https://www.jsonrpc.org/specification#request_object',
    behavior: 'a hundred requests with one id at once each get their own answer',
  },
  'stateless-tasks': {
    source: 'https://modelcontextprotocol.io/seps/2663-tasks-extension#security-implications',
    behavior:
      'a task in a process of several people is its person’s: to others it does not exist, and they hear nothing of it',
  },
  'stateless-people': {
    source: HIJACKING,
    behavior:
      'two people on one process, with equal ids and progress tokens, each hear their own alone',
  },
} as const satisfies Record<string, Requirement>
