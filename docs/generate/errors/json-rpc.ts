/** JSON-RPC errors of the bridge by code; those of servers pass as they are. */

import { CODES, type CodeName } from '../../../mcp-bridge/json-rpc.ts'
import { plain, table } from '../markdown.ts'
import { findThrown, type Thrown } from '../source.ts'

/** Every code has its words; a new code does not compile without. */
const MEANINGS: Readonly<Record<CodeName, string>> = {
  parse: 'The body is no JSON. A fault of the client.',
  invalidRequest:
    'The message is none of the protocol, or comes at the wrong time. A fault of the client.',
  methodNotFound: 'The method does not exist in the revision that the request speaks.',
  invalidParams:
    'Something in `params` is wrong, or names a tool that there is not. The message says which.',
  internal:
    'The service’s program or server failed: did not start, ended, or gave no answer. `gateway logs mcp-bridge` with the request’s id; `gateway services test NAME`.',
  refused:
    'The gateway says no, or not now: a bound, a missing scope, a missing secret, a service away. The message says what helps.',
  sessionNotFound:
    'The session has ended, or was never yours. Clients begin a new one with `initialize`.',
  resourceNotFound: 'There is no such resource (revisions until 2025-11-25).',
  headerMismatch:
    'A header of 2026-07-28 says something else than the body. A fault of the client, or a proxy changed it.',
  missingCapability: 'The server needs something that the client did not declare.',
  unsupportedVersion: 'A revision that is not served; `data.supported` lists those that are.',
  cancelled: 'The client took the request back.',
}

export function jsonRpcTables(): string[] {
  const codes = Object.entries(CODES).map(([name, number]) => [
    String(number),
    MEANINGS[name as CodeName],
  ])
  const said = new Map(findThrown('RpcFault').flatMap(messagesOf))
  const sorted = [...said.values()].sort(([one = ''], [other = '']) => (one < other ? -1 : 1))
  return [
    table(['code', 'means'], codes),
    '### What their messages say',
    table(['message', 'status', 'code'], sorted),
  ]
}

function messagesOf({ words }: Thrown): [string, string[]][] {
  const [statuses = [], names = [], messages = []] = words
  const known = statuses.filter((status) => /^\d+$/.test(status)).join(', ')
  const numbers = names.filter(isCodeName).map((name) => CODES[name])
  return messages
    .filter((message) => /[a-z]{3}.* /.test(message.replaceAll(/‹[^›]*›/g, '')))
    .map((message) => [message + known, [plain(message), known, numbers.join(', ')]])
}

function isCodeName(name: string): name is CodeName {
  return Object.hasOwn(CODES, name)
}
