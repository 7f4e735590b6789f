/** A request without a session in front of a server that needs none either. */

import { isObject } from '../../lib/platform/json.ts'
import type { Bridge } from '../bridge.ts'
import { STATELESS_SUPPORTED } from '../era.ts'
import type { Exchange } from '../exchange.ts'
import {
  type RpcMessage,
  type RpcNotification,
  type RpcResponse,
  toCancelled,
} from '../json-rpc.ts'
import { DISCOVER, LISTEN } from '../methods.ts'
import type { ProcessUser } from '../runner/process-user.ts'
import type { ServerProcess } from '../runner/server-process.ts'
import { unlessLeft } from '../unless-left.ts'
import { Asking } from './asking.ts'
import type { StatelessRequest } from './envelope.ts'
import type { StatelessAnswer } from './stateless-answer.ts'
import { withholdRoots } from './withheld-roots.ts'

/** Settles the answer, now or later. @throws RpcFault when the server cannot be asked. */
export async function callDirectly(
  bridge: Bridge,
  exchange: Exchange,
  { request }: StatelessRequest,
  answer: StatelessAnswer,
): Promise<void> {
  const { admission, service } = exchange
  const caller = new Caller(exchange, answer)
  const process = await acquireStateless(bridge, exchange, caller)
  const release = (): void => void bridge.runner.release(process, caller)
  // To leave is to cancel, also while there was nobody yet to be asked.
  if (!answer.isOpen) {
    release()
    return
  }
  let asking: Asking | undefined
  const giveUp = (reason: string): void => {
    if (asking !== undefined) process.cancel(asking.call, toCancelled(request.id, reason))
    release()
  }
  caller.begin(process)
  try {
    admission.assertStands()
    asking = new Asking(request, {
      ask: (call, asked) => process.request(caller, call, asked),
      settle(response) {
        answer.settle(request.method === DISCOVER ? withServedRevisions(response) : response)
        release()
      },
      withheld: withholdRoots(service, process.rootFolders, request),
    })
    asking.begin()
  } catch (error) {
    release()
    throw error
  }
  admission.endBy((fault) => {
    answer.settle(fault.toResponse(request.id))
    giveUp(fault.message)
  })
  answer.onLeft(() => giveUp('the client has left'))
  if (request.method === LISTEN) admission.listen()
  answer.expect()
}

/** What the server knows is one thing, what can be spoken at this URL another: both eras, and nothing later. */
export function withServedRevisions(response: RpcResponse): RpcResponse {
  const { result } = response
  if (!isObject(result)) return response
  return { ...response, result: { ...result, supportedVersions: STATELESS_SUPPORTED } }
}

/** The process that answers this caller's requests of this era. */
export async function acquireStateless(
  bridge: Bridge,
  { service, identity, response }: Exchange,
  user: ProcessUser,
): Promise<ServerProcess> {
  const scope = identity.clientId
  return await unlessLeft(response, (left) =>
    bridge.runner.acquire(service, identity, user, { left, era: 'stateless', scope }),
  )
}

/** One request's user of a process. */
class Caller implements ProcessUser {
  readonly userId: string
  readonly #answer: StatelessAnswer

  constructor({ identity }: Exchange, answer: StatelessAnswer) {
    this.userId = identity.userId
    this.#answer = answer
  }

  get isCongested(): boolean {
    return this.#answer.isCongested
  }

  begin(process: ServerProcess): void {
    this.#answer.onRelieved(() => process.relieved(this))
  }

  deliver(message: RpcMessage): void {
    if (message.method !== undefined) this.#answer.notify(message as RpcNotification)
  }

  processEnded(): void {
    // Its call was answered by then.
  }
}
