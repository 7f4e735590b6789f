/**
 * Streams for what a server tells of its own accord (MCP 2026-07-28, `subscriptions/listen`), of one standing
 * client: its server knows one session, which has subscribed to what any of them wants.
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { paramsOf, RpcFault, type RpcNotification, type RpcRequest } from '../../json-rpc.ts'
import {
  LISTENERS_PER_CLIENT_MAX,
  SUBSCRIBED_URI_CHARACTERS_MAX,
  SUBSCRIPTIONS_PER_SESSION_MAX,
} from '../../limits.ts'
import { META, withSubscription } from '../../stateless/envelope.ts'
import type { StatelessAnswer } from '../../stateless/stateless-answer.ts'
import { ACKNOWLEDGED, LIST_CHANGES, UPDATED } from '../told-changes.ts'
import { withServer } from './newer-answer.ts'

export interface ListenersPorts {
  readonly capabilities: () => JsonObject
  readonly serverInfo: () => unknown
  /** Whoever listens was congested, and reads again. */
  readonly relieved: () => void
  /** Whether the server has agreed. */
  readonly subscribe: (uri: string) => Promise<boolean>
  readonly unsubscribe: (uri: string) => void
}

interface Listener {
  readonly request: RpcRequest
  readonly answer: StatelessAnswer
  /** Those that the server has not refused. */
  readonly uris: Set<string>
  /** Notifications that are for it, once it was told so. */
  readonly methods: Set<string>
}

interface Subscription {
  holders: number
  readonly agreed: Promise<boolean>
}

const SEPARATORS: readonly unknown[] = ['/', '?', '#']
const LIST_METHODS: ReadonlySet<string> = new Set(LIST_CHANGES.map(({ method }) => method))

export class Listeners {
  readonly #ports: ListenersPorts
  readonly #listeners = new Set<Listener>()
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(ports: ListenersPorts) {
    this.#ports = ports
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  get isCongested(): boolean {
    for (const { answer } of this.#listeners) if (answer.isCongested) return true
    return false
  }

  /**
   * Resolves when the client has been told what it will hear of.
   * @throws RpcFault for a filter that is none, or when there are too many.
   */
  async listen(request: RpcRequest, answer: StatelessAnswer): Promise<void> {
    const filter = readFilter(request)
    const uris = this.#has('resources', 'subscribe') ? readUris(filter) : new Set<string>()
    this.#assertRoom(uris)
    const listener = { request, answer, uris, methods: new Set<string>() }
    this.#listeners.add(listener)
    answer.onLeft(() => this.#close(listener))
    answer.onRelieved(this.#ports.relieved)
    const asked = [...uris].map(async (uri) => {
      if (!(await this.#hold(uri))) uris.delete(uri)
    })
    await Promise.all(asked)
    if (answer.isOpen) this.#acknowledge(listener, filter)
  }

  /** The client may listen no longer. */
  withdraw(request: RpcRequest, answer: StatelessAnswer, fault: RpcFault): void {
    answer.settle(fault.toResponse(request.id))
    for (const listener of this.#listeners) if (listener.answer === answer) this.#close(listener)
  }

  /** True when it is of the kind that only listeners hear. */
  tell(notification: RpcNotification): boolean {
    const { method } = notification
    if (method !== UPDATED && !LIST_METHODS.has(method)) return false
    const { uri } = paramsOf(notification)
    for (const { request, answer, uris, methods } of this.#listeners) {
      const isMeant = methods.has(method) && (method !== UPDATED || isPartOf(uri, uris))
      if (isMeant) answer.notify(withSubscription(notification, request.id))
    }
    return true
  }

  /** Each is told that nothing more comes. */
  end(): void {
    for (const { request, answer } of this.#listeners) {
      const { jsonrpc, id } = request
      const _meta = { ...withServer({}, this.#ports.serverInfo()), [META.subscriptionId]: id }
      answer.settle({ jsonrpc, id, result: { resultType: 'complete', _meta } })
    }
    this.#listeners.clear()
    this.#subscriptions.clear()
  }

  #acknowledge({ request, answer, uris, methods }: Listener, filter: JsonObject): void {
    const notifications: Record<string, unknown> = {}
    for (const { wish, method, capability } of LIST_CHANGES) {
      if (filter[wish] !== true || !this.#has(capability, 'listChanged')) continue
      notifications[wish] = true
      methods.add(method)
    }
    if (uris.size > 0) {
      notifications['resourceSubscriptions'] = [...uris]
      methods.add(UPDATED)
    }
    const acknowledged = {
      jsonrpc: '2.0' as const,
      method: ACKNOWLEDGED,
      params: { notifications },
    }
    answer.begin()
    answer.notify(withSubscription(acknowledged, request.id))
  }

  /** Whether the server has agreed; what it refuses is asked for again the next time. */
  async #hold(uri: string): Promise<boolean> {
    const known = this.#subscriptions.get(uri)
    if (known !== undefined) {
      known.holders += 1
      return await known.agreed
    }
    const subscription = { holders: 1, agreed: this.#ports.subscribe(uri) }
    this.#subscriptions.set(uri, subscription)
    const hasAgreed = await subscription.agreed
    const isOurs = this.#subscriptions.get(uri) === subscription
    if (!hasAgreed && isOurs) this.#subscriptions.delete(uri)
    return hasAgreed
  }

  #close(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return
    for (const uri of listener.uris) this.#letGo(uri)
  }

  #letGo(uri: string): void {
    const subscription = this.#subscriptions.get(uri)
    if (subscription === undefined) return
    subscription.holders -= 1
    if (subscription.holders > 0) return
    this.#subscriptions.delete(uri)
    void subscription.agreed.then((hasAgreed) => {
      // Somebody may want it again by now.
      if (hasAgreed && !this.#subscriptions.has(uri)) this.#ports.unsubscribe(uri)
    })
  }

  #has(capability: string, part: string): boolean {
    const given = this.#ports.capabilities()[capability]
    return isObject(given) && given[part] === true
  }

  #assertRoom(uris: ReadonlySet<string>): void {
    if (this.#listeners.size >= LISTENERS_PER_CLIENT_MAX) {
      throw tooMany(`${LISTENERS_PER_CLIENT_MAX} streams of this client listen: end some`)
    }
    const added = [...uris].filter((uri) => !this.#subscriptions.has(uri))
    if (this.#subscriptions.size + added.length > SUBSCRIPTIONS_PER_SESSION_MAX) {
      throw tooMany(`a client may subscribe to ${SUBSCRIPTIONS_PER_SESSION_MAX} resources`)
    }
  }
}

function readFilter(request: RpcRequest): JsonObject {
  const { notifications } = paramsOf(request)
  if (isObject(notifications)) return notifications
  throw new RpcFault(200, 'invalidParams', 'notifications must be an object: what to listen for')
}

function readUris({ resourceSubscriptions = [] }: JsonObject): Set<string> {
  const uris: readonly unknown[] = Array.isArray(resourceSubscriptions)
    ? resourceSubscriptions
    : [undefined]
  const isUri = (uri: unknown): uri is string =>
    typeof uri === 'string' && uri.length <= SUBSCRIBED_URI_CHARACTERS_MAX
  if (uris.every(isUri)) return new Set(uris)
  const message = `resourceSubscriptions must be URIs of at most ${SUBSCRIBED_URI_CHARACTERS_MAX} characters`
  throw new RpcFault(200, 'invalidParams', message)
}

/** Servers may tell of a part of what was subscribed to (MCP, `notifications/resources/updated`). */
function isPartOf(uri: unknown, uris: ReadonlySet<string>): boolean {
  if (typeof uri !== 'string') return false
  if (uris.has(uri)) return true
  return [...uris].some((whole) => {
    const isInside = SEPARATORS.includes(whole.at(-1)) || SEPARATORS.includes(uri[whole.length])
    return isInside && uri.startsWith(whole)
  })
}

function tooMany(message: string): RpcFault {
  return new RpcFault(429, 'refused', message, { headers: { 'retry-after': '30' } })
}
