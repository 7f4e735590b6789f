/** What the servers behind the bridge do, or fail to do, and what its callers notice of it. */

import { MCP, type Requirement } from './requirement.ts'

const STDIO = `${MCP}/transports#stdio`
const SHUTDOWN = `${MCP}/lifecycle#shutdown`
const TIMEOUTS = `${MCP}/lifecycle#timeouts`
const SECURITY = `${MCP}/security_best_practices#local-mcp-server-compromise`

export const BRIDGE_CHILDREN = {
  'child-for-each': {
    source: `${MCP}/security_best_practices#session-hijacking`,
    behavior: 'one process for each session, for each person, or for all, as the service says',
  },
  'child-knows-client': {
    source: `${MCP}/lifecycle#initialization`,
    behavior:
      'a server of one session sees its client’s name and capabilities, one of several those of nobody',
  },
  'child-dies-in-call': {
    source: SHUTDOWN,
    behavior:
      'a server that dies in a call: an error at once that names the service, then 404; other sessions notice nothing',
  },
  'child-prints-rubbish': {
    source: STDIO,
    behavior:
      'lines that are no message, blank ones, byte order marks, CRLF and split characters: each answer arrives whole',
  },
  'child-floods-stderr': {
    source: STDIO,
    behavior: 'megabytes on stderr block nothing, and the log shows a few lines of them',
  },
  'child-silent': {
    source: TIMEOUTS,
    behavior:
      'a call without a sign of life ends after the time of its service with an error, and its server is told',
  },
  'child-progressing': {
    source: TIMEOUTS,
    behavior: 'progress prolongs the time of a call, up to its ceiling',
  },
  'child-cannot-start': {
    source: SHUTDOWN,
    behavior:
      'initialize of a program that cannot be started is answered at once, without a session',
  },
  'child-keeps-ending': {
    source: SHUTDOWN,
    behavior:
      'a program that keeps ending at its start gets pauses, its callers 503 with Retry-After, others nothing',
  },
  'child-endless-line': {
    source: STDIO,
    behavior:
      'a line beyond the bound, or without an end, fails its own call, and the memory of the bridge stays',
  },
  'child-does-not-read': {
    source: STDIO,
    behavior: 'a server that does not read: calls are refused at a bound, memory stays',
  },
  'child-answers-wrongly': {
    source: 'https://www.jsonrpc.org/specification#response_object',
    behavior: 'answers given twice, to unknown ids or to none harm nobody: the first one counts',
  },
  'child-environment': {
    source: SECURITY,
    behavior:
      'a server sees listed variables and nothing of the gateway’s, nor its open files; no request becomes an argument',
  },
  'child-nothing-left': {
    source: SHUTDOWN,
    behavior:
      'servers that ignore the end of input and SIGTERM, and what they started, are gone after DELETE; no zombies',
  },
  'bridge-ended-in-call': {
    source: SHUTDOWN,
    behavior:
      'SIGTERM: the bridge ends within seconds, answers what waits, and leaves no process, stubborn ones included',
  },
  'bridge-killed': {
    source: SHUTDOWN,
    behavior: 'SIGKILL of the bridge: no process is left, stubborn ones included',
  },
  'bridge-started-again': {
    source: `${MCP}/transports#session-management`,
    behavior: 'a restarted bridge answers 404 to old sessions, and clients begin new ones',
  },
  'bridge-listens-nowhere': {
    source: `${MCP}/transports#security-warning`,
    behavior: 'the bridge listens on its socket, for its own account, and on no port',
  },
  'stateful-memory': {
    source: `${MCP}/security_best_practices#session-hijacking`,
    behavior:
      'two people and four clients of one of them write to memory at once: nothing lost, nothing crossed',
  },
  'stateful-filesystem': {
    source: `${MCP}/security_best_practices#session-hijacking`,
    behavior:
      'two people and four clients of one of them write files at once: nothing lost, nothing crossed',
  },
} as const satisfies Record<string, Requirement>
