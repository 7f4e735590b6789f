/**
 * What a client sends must not be read in two ways: by the rules as one thing, by the server as another.
 *
 * Some JSON readers take `Method` for `method`, or `ſ` for `s`, and of the two the last one: what could be
 * taken so for a member that is looked at here is refused. Of members with the same name the last counts, and
 * only that one reaches a server.
 */

import { paramsOf, RpcFault, type RpcMessage } from '../json-rpc.ts'
import { CALL_TOOL } from '../methods.ts'

const OF_MESSAGE: ReadonlySet<string> = new Set([
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
])
const OF_CALL: ReadonlySet<string> = new Set(['name', 'arguments', 'task', '_meta'])

/** @throws RpcFault 400 for a message that is not plain. */
export function assertPlain(message: RpcMessage): void {
  assertMembers(message, OF_MESSAGE)
  const { id, method } = message
  if (method === CALL_TOOL) {
    assertMembers(paramsOf(message), OF_CALL)
    // A server might call the tool, and nobody would hear of it.
    if (id === undefined) throw refused(`${CALL_TOOL} needs an id`)
  } else if (method !== undefined && fold(method.trim()) === CALL_TOOL) {
    throw refused(`"${CALL_TOOL}" must be written so`)
  }
}

function assertMembers(members: object, known: ReadonlySet<string>): void {
  for (const name in members) {
    if (!known.has(name) && known.has(fold(name))) {
      throw refused(`the member "${fold(name)}" must be written so`)
    }
  }
}

/** As readers compare that ignore case, those of Unicode included. */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase()
}

function refused(message: string): RpcFault {
  return new RpcFault(400, 'invalidRequest', message)
}
