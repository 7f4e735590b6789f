/**
 * Clients without sessions (MCP 2026-07-28) and their server: nothing is agreed on beforehand, and
 * everything a server says belongs to a request.
 *
 * So a process of this era can be shared, but for the tasks of several people. On a pipe a log message does not tell its request:
 * it reaches the only one that asked for log messages, or nobody. Once several people have asked for some
 * it reaches nobody any more: it may be about a request that is over, or was cancelled.
 */

import { isObject } from '../../lib/platform/json.ts'
import {
  CODES,
  metaOf,
  paramsOf,
  RpcFault,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { CANCELLED, LISTEN } from '../methods.ts'
import { META, withSubscription } from '../stateless/envelope.ts'
import type { Conversation, ConversationPorts } from './conversation.ts'
import type { Settled } from './correlation.ts'
import { Persons } from './persons.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { StatelessTasks } from './stateless-tasks.ts'

type StatelessPorts = Pick<
  ConversationPorts,
  'forward' | 'find' | 'open' | 'settle' | 'send' | 'deliver'
>

export class StatelessConversation implements Conversation {
  readonly isWaiting = false
  readonly #ports: StatelessPorts
  /** Those that asked for log messages. */
  readonly #talkedTo = new Set<Call>()
  readonly #tasks: StatelessTasks | undefined
  readonly #persons = new Persons()

  constructor(ports: StatelessPorts, isOfMany: boolean) {
    this.#ports = ports
    this.#tasks = isOfMany ? new StatelessTasks() : undefined
  }

  initialize(): Promise<RpcResponse> {
    throw new RpcFault(500, 'internal', 'this server knows no sessions')
  }

  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    const isListening = request.method === LISTEN
    this.#tasks?.assertOwn(user, request)
    const own = (isListening && this.#tasks?.withOwn(user, request)) || request
    // To listen is no work, and has no end.
    this.#ports.forward(user, call, own, !isListening)
    if (metaOf(request)[META.logLevel] === undefined) return
    this.#talkedTo.add(call)
    this.#persons.note(user)
  }

  pass(): void {
    // This revision has no notifications of clients, and nothing that they would answer.
  }

  answered(user: ProcessUser, call: Call, answer: RpcResponse): RpcResponse {
    this.#talkedTo.delete(call)
    this.#tasks?.note(user, answer)
    const { result } = answer
    const meta = isObject(result) ? result['_meta'] : undefined
    if (!isObject(result) || !isObject(meta) || meta[META.subscriptionId] === undefined) {
      return answer
    }
    const _meta = { ...meta, [META.subscriptionId]: call.id }
    return { ...answer, result: { ...result, _meta } }
  }

  dropped(call: Call): void {
    this.#talkedTo.delete(call)
  }

  receiveRequest({ jsonrpc, id, method }: RpcRequest): void {
    const message = `${method} cannot be asked: answer the request with input_required`
    this.#ports.send({ jsonrpc, id, error: { code: CODES.methodNotFound, message } })
  }

  receiveNotification(notification: RpcNotification, about: number | undefined): void {
    const { find, settle, deliver } = this.#ports
    if (notification.method === CANCELLED) {
      const { requestId } = paramsOf(notification)
      if (find(requestId) !== undefined) settle(toEnded(requestId as number))
      return
    }
    const asked = this.#askedFor(notification, about)
    if (asked === undefined) deliver(notification, [])
    else deliver(toClients(notification, asked.call), [asked.user], asked.call)
  }

  take(): Call[] {
    return []
  }

  left(): void {
    // Its calls are all that there was.
  }

  #askedFor(notification: RpcNotification, about: number | undefined): Settled | undefined {
    const subscription = metaOf(notification)[META.subscriptionId]
    if (subscription !== undefined) return this.#ports.find(subscription)
    if (about !== undefined) return this.#ports.find(about)
    if (this.#persons.areSeveral) return undefined
    const [one, ...others] = [...this.#ports.open()].filter(({ call }) => this.#talkedTo.has(call))
    return others.length === 0 ? one : undefined
  }
}

/** Under the id that the client has given its subscription. */
function toClients(notification: RpcNotification, { id }: Call): RpcNotification {
  const isTagged = metaOf(notification)[META.subscriptionId] !== undefined
  return isTagged ? withSubscription(notification, id) : notification
}

/** The server has ended a subscription (MCP 2026-07-28, subscriptions, graceful closure). */
function toEnded(id: number): RpcResponse {
  const _meta = { [META.subscriptionId]: id }
  return { jsonrpc: '2.0', id, result: { resultType: 'complete', _meta } }
}
