/**
 * Subscriptions of the sessions that share a process (MCP, `resources/subscribe`), counted by URI.
 *
 * The server is asked once, for the first, and told off after the last; the others get the answer
 * it gave the first. While it is asked whoever comes waits: what it refuses is remembered by nobody,
 * and the next is asked for again.
 */

import { paramsOf, RpcFault, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import {
  SUBSCRIBED_URI_CHARACTERS_MAX,
  SUBSCRIBED_URI_PARTS_MAX,
  SUBSCRIPTIONS_PER_SESSION_MAX,
} from '../limits.ts'
import type { Call, ProcessUser } from './process-user.ts'
import type { SharingPorts } from './sharing.ts'

export const SUBSCRIBE = 'resources/subscribe'
export const UNSUBSCRIBE = 'resources/unsubscribe'

const SEPARATORS = /[/?#]/g

interface Entry {
  readonly user: ProcessUser
  readonly call: Call
  readonly request: RpcRequest
}

/** Either somebody holds it, or the server is asked for it and others wait. */
interface Subscription {
  readonly holders: Set<ProcessUser>
  /** The server's, once it has agreed. */
  result: unknown
  asking: Call | undefined
  waiting: Entry[]
}

export class Subscriptions {
  readonly #ports: SharingPorts
  readonly #byUri = new Map<string, Subscription>()
  readonly #heldBy = new Map<ProcessUser, Set<string>>()
  /** Of the calls that ask or wait. */
  readonly #open = new Map<Call, { readonly user: ProcessUser; readonly uri: string }>()

  constructor(ports: SharingPorts) {
    this.#ports = ports
  }

  /**
   * `resources/subscribe` or `resources/unsubscribe` of a session.
   * @throws RpcFault when it cannot be taken.
   */
  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    const { uri } = paramsOf(request)
    // Whatever else that is, the server says what is wrong with it.
    if (typeof uri === 'string') this.#enter(uri, { user, call, request })
    else this.#ports.forward(user, call, request)
  }

  answered(call: Call, response: RpcResponse): void {
    const open = this.#close(call)
    const subscription = this.#byUri.get(open?.uri ?? '')
    if (open === undefined || subscription === undefined) return
    subscription.asking = undefined
    if (response.error === undefined) {
      subscription.result = response.result
      this.#hold(open.uri, open.user, subscription)
    }
    this.#goOn(open.uri, subscription)
  }

  /** A call is over without the server's answer. */
  dropped(call: Call): void {
    const open = this.#close(call)
    const subscription = this.#byUri.get(open?.uri ?? '')
    if (open === undefined || subscription === undefined) return
    subscription.waiting = subscription.waiting.filter((entry) => entry.call !== call)
    if (subscription.asking !== call) return
    subscription.asking = undefined
    // Whether it has subscribed or not: nobody is known to hold it now.
    if (subscription.waiting.length === 0) this.#ports.tell(UNSUBSCRIBE, { uri: open.uri })
    this.#goOn(open.uri, subscription)
  }

  /** Takes waiting calls out, for the caller to settle. */
  take(matches: (user: ProcessUser) => boolean): Call[] {
    const taken: Call[] = []
    for (const subscription of this.#byUri.values()) {
      const out = subscription.waiting.filter(({ user }) => matches(user))
      if (out.length === 0) continue
      subscription.waiting = subscription.waiting.filter((entry) => !out.includes(entry))
      for (const { call } of out) this.#open.delete(call)
      taken.push(...out.map(({ call }) => call))
    }
    return taken
  }

  left(user: ProcessUser): void {
    for (const uri of this.#heldBy.get(user) ?? []) {
      if (this.#letGo(uri, user)) this.#ports.tell(UNSUBSCRIBE, { uri })
    }
    this.#heldBy.delete(user)
  }

  /**
   * Who has subscribed to it, or to what it is a part of: servers may tell of either (MCP,
   * `notifications/resources/updated`).
   */
  holdersOf(uri: unknown): ReadonlySet<ProcessUser> {
    const holders = new Set<ProcessUser>()
    if (typeof uri !== 'string' || this.#byUri.size === 0) return holders
    const collect = (one: string): void => {
      for (const holder of this.#byUri.get(one)?.holders ?? []) holders.add(holder)
    }
    collect(uri)
    const start = uri.slice(0, SUBSCRIBED_URI_CHARACTERS_MAX)
    for (const { index } of start.matchAll(SEPARATORS).take(SUBSCRIBED_URI_PARTS_MAX)) {
      collect(start.slice(0, index))
      collect(start.slice(0, index + 1))
    }
    return holders
  }

  #enter(uri: string, entry: Entry): void {
    const subscription = this.#byUri.get(uri)
    if (subscription?.asking !== undefined) {
      subscription.waiting.push(entry)
      this.#open.set(entry.call, { user: entry.user, uri })
    } else if (entry.request.method === SUBSCRIBE) this.#subscribe(uri, entry)
    else this.#unsubscribe(uri, entry)
  }

  #subscribe(uri: string, { user, call, request }: Entry): void {
    assertRoomFor(uri, this.#heldBy.get(user)?.size ?? 0)
    const subscription = this.#byUri.get(uri) ?? {
      holders: new Set(),
      result: undefined,
      asking: undefined,
      waiting: [],
    }
    if (subscription.holders.size > 0) {
      this.#hold(uri, user, subscription)
      call.settle({ jsonrpc: '2.0', id: call.id, result: subscription.result })
      return
    }
    this.#ports.forward(user, call, request)
    subscription.asking = call
    this.#byUri.set(uri, subscription)
    this.#open.set(call, { user, uri })
  }

  #unsubscribe(uri: string, { user, call, request }: Entry): void {
    const wasLast = this.#letGo(uri, user)
    const isHeld = !wasLast && this.#byUri.has(uri)
    if (isHeld) call.settle({ jsonrpc: '2.0', id: call.id, result: {} })
    else this.#ports.forward(user, call, request)
  }

  #hold(uri: string, user: ProcessUser, { holders }: Subscription): void {
    holders.add(user)
    const held = this.#heldBy.get(user)
    if (held === undefined) this.#heldBy.set(user, new Set([uri]))
    else held.add(uri)
  }

  /** True when that was the last who held it. */
  #letGo(uri: string, user: ProcessUser): boolean {
    this.#heldBy.get(user)?.delete(uri)
    const subscription = this.#byUri.get(uri)
    if (!subscription?.holders.delete(user) || subscription.holders.size > 0) return false
    this.#byUri.delete(uri)
    return true
  }

  #close(call: Call): { user: ProcessUser; uri: string } | undefined {
    const open = this.#open.get(call)
    this.#open.delete(call)
    return open
  }

  /** Those that have waited: answered from what is known now, or the first of them asks. */
  #goOn(uri: string, subscription: Subscription): void {
    const { waiting } = subscription
    subscription.waiting = []
    if (subscription.holders.size === 0) this.#byUri.delete(uri)
    for (const entry of waiting) {
      const { call } = entry
      this.#open.delete(call)
      try {
        this.#enter(uri, entry)
      } catch (error) {
        call.settle(RpcFault.from(error).toResponse(call.id))
      }
    }
  }
}

/** @throws RpcFault when a session that has `taken` may not subscribe to it too. */
export function assertRoomFor(uri: string, taken: number): void {
  if (uri.length > SUBSCRIBED_URI_CHARACTERS_MAX) {
    const message = `a URI of more than ${SUBSCRIBED_URI_CHARACTERS_MAX} characters cannot be subscribed to`
    throw new RpcFault(400, 'invalidParams', message)
  }
  if (taken < SUBSCRIPTIONS_PER_SESSION_MAX) return
  throw new RpcFault(
    429,
    'refused',
    `this session has ${SUBSCRIPTIONS_PER_SESSION_MAX} subscriptions: end some with resources/unsubscribe`,
  )
}
