/**
 * What it takes that several sessions share one process, and none hears what is another's.
 *
 * The sessions of a `user` process are one person's: what belongs to nobody in particular goes to
 * all of them. In a `shared` one they may be several people's, and a server does not say whom a
 * message is about: log messages and what nobody knows here may carry what one of them has asked,
 * also after they have left, so they are delivered only as long as all sessions it ever had are of one
 * person.
 */

import type { Isolation } from '../../lib/catalogue/service-definition.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import {
  metaOf,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { CANCELLED } from '../methods.ts'
import { INITIALIZED } from './handshake.ts'
import { LogLevels } from './log-levels.ts'
import { Ownership } from './ownership.ts'
import { Persons } from './persons.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { ROOTS_CHANGED } from './roots.ts'
import { SUBSCRIBE, Subscriptions, UNSUBSCRIBE } from './subscriptions.ts'

export interface SharingPorts {
  readonly users: ReadonlySet<ProcessUser>
  /**
   * To the server.
   * @throws RpcFault when it does not take it.
   */
  readonly forward: (user: ProcessUser, call: Call, request: RpcRequest) => void
  /** A request of the bridge's own, whose answer changes nothing. */
  readonly tell: (method: string, params: object) => void
}

const KEPT_BACK: readonly unknown[] = [INITIALIZED, ROOTS_CHANGED, 'notifications/progress']
const RELATED_TASK = 'io.modelcontextprotocol/related-task'
/** URLElicitationRequiredError (MCP 2025-11-25, elicitation). */
const URL_NEEDED = -32042
/** Of one answer. */
const ELICITATIONS_MAX = 16
const NOBODYS: ReadonlySet<ProcessUser> = new Set()

export class Sharing {
  readonly #ports: SharingPorts
  readonly #isOfMany: boolean
  readonly #subscriptions: Subscriptions
  readonly #levels: LogLevels
  readonly #persons = new Persons()
  readonly #tasks = new Ownership()
  readonly #elicitations = new Ownership()
  /** Calls of `tasks/list`: their answers name everybody's. */
  readonly #listings = new Set<Call>()

  constructor(isolation: Isolation, ports: SharingPorts) {
    this.#ports = ports
    this.#isOfMany = isolation === 'shared'
    this.#subscriptions = new Subscriptions(ports)
    this.#levels = new LogLevels(ports)
  }

  /** @throws RpcFault when it cannot be taken. */
  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    const { method } = request
    if (method === SUBSCRIBE || method === UNSUBSCRIBE) {
      this.#subscriptions.request(user, call, request)
    } else if (method === 'logging/setLevel') this.#levels.set(user, call, request)
    else if (this.#mayName(user, request)) this.#forward(user, call, request)
    else {
      const fault = new RpcFault(200, 'invalidParams', 'Failed to retrieve task: Task not found')
      call.settle(fault.toResponse(call.id))
    }
  }

  /** Whether a session's message is about a task of its person's, or about none. */
  #mayName(user: ProcessUser, message: RpcMessage): boolean {
    const taskId = this.#isOfMany ? taskOf(message) : undefined
    return taskId === undefined || this.#tasks.isOf(taskId, user)
  }

  /** The answer as that session may see it. */
  answered(user: ProcessUser, call: Call, answer: RpcResponse): RpcResponse {
    this.#subscriptions.answered(call, answer)
    this.#levels.answered(call, answer)
    const wasListing = this.#listings.delete(call)
    const { result, error } = answer
    if (isObject(error)) this.#noteElicitations(error, user)
    if (!isObject(result)) return answer
    if (isObject(result['task'])) this.#tasks.note(result['task']['taskId'], user)
    if (!wasListing) return answer
    const tasks = Array.isArray(result['tasks']) ? result['tasks'] : []
    const own = tasks.filter((task) => isObject(task) && this.#tasks.isOf(task['taskId'], user))
    return { ...answer, result: { ...result, tasks: own } }
  }

  /** A call is over without the server's answer. */
  dropped(call: Call): void {
    this.#listings.delete(call)
    this.#subscriptions.dropped(call)
    this.#levels.dropped(call)
  }

  /** Takes the calls out that wait here, for the caller to settle. */
  take(matches: (user: ProcessUser) => boolean): Call[] {
    return this.#subscriptions.take(matches)
  }

  joined(user: ProcessUser): void {
    this.#persons.note(user)
    this.#levels.joined()
  }

  left(user: ProcessUser): void {
    this.#subscriptions.left(user)
    this.#levels.left(user)
    this.#tasks.left(user)
    this.#elicitations.left(user)
  }

  /** Who hears what the server says of its own accord. */
  hearers(notification: RpcNotification): Iterable<ProcessUser> {
    const { method } = notification
    const { users } = this.#ports
    const taskId = taskOf(notification)
    if (taskId !== undefined) return this.#isOfMany ? this.#only(this.#tasks.userOf(taskId)) : users
    if (method.endsWith('/list_changed')) return users
    if (method === 'notifications/resources/updated') {
      return this.#subscriptions.holdersOf(paramsOf(notification)['uri'])
    }
    if (method === 'notifications/elicitation/complete') {
      return this.#only(this.#elicitations.userOf(paramsOf(notification)['elicitationId']))
    }
    // No session was asked anything by it that it could take back.
    if (method === CANCELLED || !this.#isOnePersons()) return NOBODYS
    if (method !== 'notifications/message') return users
    return [...users].filter((user) => this.#levels.hears(user, notification))
  }

  #forward(user: ProcessUser, call: Call, request: RpcRequest): void {
    this.#ports.forward(user, call, request)
    if (this.#isOfMany && request.method === 'tasks/list') this.#listings.add(call)
  }

  #only(user: ProcessUser | undefined): Iterable<ProcessUser> {
    return user === undefined ? NOBODYS : [user]
  }

  #isOnePersons(): boolean {
    if (!this.#isOfMany) return true
    // Some have not begun yet.
    for (const user of this.#ports.users) this.#persons.note(user)
    return !this.#persons.areSeveral
  }

  /** What a person is asked to do at an address before the request is made again. */
  #noteElicitations({ code, data }: JsonObject, user: ProcessUser): void {
    const elicitations = code === URL_NEEDED && isObject(data) ? data['elicitations'] : undefined
    if (!Array.isArray(elicitations)) return
    for (const one of elicitations.slice(0, ELICITATIONS_MAX)) {
      if (isObject(one)) this.#elicitations.note(one['elicitationId'], user)
    }
  }
}

/**
 * Whether a session's notification is for a shared server: it had its handshake, knows no client's
 * folders, and has asked no client for what could progress or be a task.
 */
export function isForShared(message: RpcMessage): boolean {
  return !KEPT_BACK.includes(message.method) && taskOf(message) === undefined
}

/** The task a message is about (MCP 2025-11-25, tasks). */
function taskOf(message: RpcMessage): unknown {
  const related = metaOf(message)[RELATED_TASK]
  if (isObject(related)) return related['taskId'] ?? null
  const isOfTask = /^(?:notifications\/)?tasks\/(?!list$)/.test(message.method ?? '')
  return isOfTask ? (paramsOf(message)['taskId'] ?? null) : undefined
}
