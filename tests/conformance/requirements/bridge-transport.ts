/** What the bridge makes of calls, sessions and messages (MCP Streamable HTTP, revisions with sessions). */

import { MCP, type Requirement } from './requirement.ts'

const POST = `${MCP}/transports#sending-messages-to-the-server`
const GET = `${MCP}/transports#listening-for-messages-from-the-server`
const SESSIONS = `${MCP}/transports#session-management`
const VERSION = `${MCP}/transports#protocol-version-header`
const RESUMING = `${MCP}/transports#resumability-and-redelivery`
const CANCELLING = `${MCP}/utilities/cancellation`
const HIJACKING = `${MCP}/security_best_practices#session-hijacking`
const IDS = 'https://www.jsonrpc.org/specification#request_object'

export const BRIDGE_TRANSPORT = {
  'call-outlives-client': {
    source: RESUMING,
    behavior: 'a client that leaves does not cancel: it comes back for the rest and the answer',
  },
  'call-cancelled': {
    source: CANCELLING,
    behavior: 'a cancellation reaches the server with the id it knows, and ends the waiting POST',
  },
  'call-progress': {
    source: `${MCP}/utilities/progress`,
    behavior: 'all progress arrives, in order, while the call runs and before its answer',
  },
  'call-first-byte': {
    source: POST,
    behavior: 'a stream shows its first byte within a second, while the server still works',
  },
  'first-byte-through-the-edge': {
    source: POST,
    behavior:
      'through Envoy too the first byte comes within a second, while the server still works',
  },
  'call-asks-client': {
    source: GET,
    behavior: 'sampling, elicitation and roots go to the client, and its answers to the server',
  },
  'call-asks-nobody': {
    source: `${MCP}/lifecycle#capability-negotiation`,
    behavior: 'a server that asks for what the client has not declared is answered at once',
  },
  'call-asks-nobody-shared': {
    source: HIJACKING,
    behavior: 'a server that people share asks none of them: it is told that nobody can be asked',
  },
  'call-large': {
    source: POST,
    behavior:
      'a line of 100 KB and one of 10 MB pass both ways; a body beyond 10 MiB is a JSON-RPC error with 413',
  },
  'call-parallel': {
    source: POST,
    behavior: 'calls of one session run side by side, and a quick one overtakes a slow one',
  },
  'ids-equal-in-a-session': {
    source: IDS,
    behavior: 'equal ids at once in one session each get their own answer',
  },
  'ids-equal-in-sessions': {
    source: IDS,
    behavior: 'eight sessions with equal ids and progress tokens: nothing is crossed',
  },
  'ids-equal-of-people': {
    source: HIJACKING,
    behavior:
      'two people on one process with the same thousand ids and tokens each hear their own alone',
  },
  'ids-equal-of-servers': {
    source: HIJACKING,
    behavior:
      'what servers ask two people under one id is answered to each by its own person, and by nobody else',
  },
  'listen-changes': {
    source: GET,
    behavior: 'what a server says outside of any call arrives on the listening stream',
  },
  'listen-again': {
    source: GET,
    behavior: 'a listening stream takes the place of the one before: a session has one at most',
  },
  'session-id': {
    source: SESSIONS,
    behavior: 'session ids are visible ASCII that nobody can guess, and none is handed out twice',
  },
  'session-ended': {
    source: SESSIONS,
    behavior: 'DELETE ends session and process with 204; from then on 404',
  },
  'session-unknown': {
    source: SESSIONS,
    behavior: 'an unknown session is 404, none at all 400, to POST, GET and DELETE',
  },
  'session-begun-twice': {
    source: `${MCP}/lifecycle#initialization`,
    behavior: 'initialize within a session is refused with 400, and the session goes on',
  },
  'session-foreign': {
    source: HIJACKING,
    behavior:
      'with another user, client or service a session is as unknown as any, and goes on for its owner',
  },
  'session-lapsed': {
    source: HIJACKING,
    behavior: 'a listening stream ends with its token, and the session goes on with a new one',
  },
  'session-flood': {
    source: HIJACKING,
    behavior:
      'sixty sessions begun at once by one client are served or refused with a reason, up to a bound, and others served',
  },
  'message-accepted': {
    source: POST,
    behavior: 'notifications and answers are accepted with 202 and an empty body',
  },
  'message-broken': {
    source: 'https://www.jsonrpc.org/specification#error_object',
    behavior:
      'what is not JSON, not JSON-RPC or nested a hundred thousand deep is 400 with its code',
  },
  'message-batches': {
    source: 'https://modelcontextprotocol.io/specification/2025-03-26/basic/transports',
    behavior:
      'batches are answered in 2025-03-26, up to a bound, and refused in every other revision',
  },
  'message-untouched': {
    source: POST,
    behavior: 'unknown methods, fields and notifications pass as they are, both ways',
  },
  'accept-leniently': {
    source: POST,
    behavior:
      'JSON, stream, both, anything or nothing in Accept: each client gets what it can read',
  },
  'accept-no-slow-parsing': {
    source: POST,
    behavior: 'no value of Accept, version or session header takes long to read',
  },
  'version-negotiated': {
    source: `${MCP}/lifecycle#version-negotiation`,
    behavior:
      'each revision with sessions is settled on as asked, what comes after as the last one',
  },
  'version-header': {
    source: VERSION,
    behavior:
      'an absent version header is fine, one that nobody published is 400 with what is served',
  },
  'version-stateless': {
    source: `${MCP}/lifecycle#version-negotiation`,
    behavior:
      'a request with an envelope is one without a session, whatever session it names: the session’s server never sees it',
  },
} as const satisfies Record<string, Requirement>
