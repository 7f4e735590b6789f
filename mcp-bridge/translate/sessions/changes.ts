/**
 * What a session is told without asking: changes of lists, and of the resources it has subscribed to.
 *
 * To a server without sessions both are one wish, `subscriptions/listen`, which cannot be changed: another
 * one takes its place, and the old one ends when the server has acknowledged the new one. What is told
 * twice in between does no harm. After a gap the session is told that everything may have changed.
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import {
  CODES,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from '../../json-rpc.ts'
import { LISTEN } from '../../methods.ts'
import type { Call } from '../../runner/process-user.ts'
import { assertRoomFor } from '../../runner/subscriptions.ts'
import { ACKNOWLEDGED, LIST_CHANGES, UPDATED } from '../told-changes.ts'
import { answer } from './answer-here.ts'
import { Listen } from './listen.ts'

/** The answer to a subscription, and to its end. */
const AGREED = { result: {} }

export interface ChangesWaits {
  /** Until the server has acknowledged. */
  readonly acknowledgeMs: number
  /** Until a server that has stopped to tell is asked again. */
  readonly againFirstMs: number
  readonly againMaxMs: number
}

export interface ChangesPorts {
  readonly waits: ChangesWaits
  /** To the server. @throws RpcFault when it cannot take it. */
  readonly send: (listen: Listen, request: RpcRequest) => void
  readonly cancel: (listen: Listen) => void
  /** To the client. */
  readonly tell: (message: RpcMessage) => void
}

interface Waiting {
  readonly call: Call
  readonly uri: string
}

export class Changes {
  readonly #ports: ChangesPorts
  #lists: JsonObject = {}
  readonly #held = new Set<string>()
  /** Of the calls of `resources/subscribe` that are not answered yet. */
  #waiting: Waiting[] = []
  /** Acknowledged. */
  #current: Listen | undefined
  #coming: Listen | undefined
  /** Whether what is wished has changed since the coming one was sent. */
  #isOutdated = false
  #hasMissed = false
  #againMs: number
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(ports: ChangesPorts) {
    this.#ports = ports
    this.#againMs = ports.waits.againFirstMs
  }

  /** What the server has announced in its answer to `server/discover`. */
  announced(capabilities: JsonObject): void {
    const told = LIST_CHANGES.filter(({ capability }) => {
      const given = capabilities[capability]
      return isObject(given) && given['listChanged'] === true
    })
    this.#lists = Object.fromEntries(told.map(({ wish }) => [wish, true]))
  }

  /** The client is ready to hear. */
  begin(): void {
    if (this.#current === undefined && this.#coming === undefined) this.#renew()
  }

  /** @throws RpcFault when the session has too many. */
  subscribe(call: Call, uri: string): void {
    if (this.#held.has(uri)) {
      answer(call, AGREED)
      return
    }
    assertRoomFor(uri, this.#held.size + this.#waiting.length)
    this.#waiting.push({ call, uri })
    this.#renew()
  }

  /** Also takes back what has not been answered yet. */
  unsubscribe(call: Call, uri: string): void {
    const asked = this.#take((one) => one.uri === uri)
    for (const one of [...asked, { call }]) answer(one.call, AGREED)
    if (this.#held.delete(uri) || asked.length > 0) this.#renew()
  }

  /** The client does not wait for its `resources/subscribe` any more; false when it is none. */
  cancel(call: Call): boolean {
    const isOne = this.#take((one) => one.call === call).length > 0
    if (isOne) this.#renew()
    return isOne
  }

  receive(listen: Listen, message: RpcMessage): void {
    if (message.method === ACKNOWLEDGED) {
      this.#acknowledged(listen, paramsOf(message)['notifications'])
    } else if (listen === this.#current || listen === this.#coming) this.#ports.tell(message)
  }

  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    for (const listen of [this.#current, this.#coming]) this.#drop(listen)
    const error = { code: CODES.refused, message: 'the session has ended' }
    for (const { call } of this.#take(() => true)) answer(call, { error })
  }

  #renew(): void {
    if (this.#coming !== undefined) {
      this.#isOutdated = true
      return
    }
    clearTimeout(this.#timer)
    const uris = new Set([...this.#held, ...this.#waiting.map(({ uri }) => uri)])
    const notifications = {
      ...this.#lists,
      ...(uris.size > 0 && { resourceSubscriptions: [...uris] }),
    }
    if (Object.keys(notifications).length > 0) this.#open(uris, notifications)
    else {
      this.#drop(this.#current)
      this.#current = undefined
    }
  }

  #open(uris: ReadonlySet<string>, notifications: JsonObject): void {
    const listen = new Listen(uris, (ended, response) => this.#ended(ended, response))
    this.#coming = listen
    listen.wait(this.#ports.waits.acknowledgeMs, () => {
      this.#ports.cancel(listen)
      listen.settle(failed('the server did not say in time of which changes it tells'))
    })
    const { id } = listen
    try {
      this.#ports.send(listen, { jsonrpc: '2.0', id, method: LISTEN, params: { notifications } })
    } catch (error) {
      listen.settle(RpcFault.from(error).toResponse(id))
    }
  }

  #acknowledged(listen: Listen, honoured: unknown): void {
    if (listen !== this.#coming) return
    listen.acknowledged()
    this.#drop(this.#current)
    this.#current = listen
    this.#coming = undefined
    const { resourceSubscriptions, ...lists } = isObject(honoured) ? honoured : {}
    const uris = new Set(Array.isArray(resourceSubscriptions) ? resourceSubscriptions : [])
    listen.isHeard = uris.size > 0 || Object.values(lists).includes(true)
    for (const uri of listen.uris) if (!uris.has(uri)) this.#held.delete(uri)
    for (const { call, uri } of this.#take((one) => listen.uris.has(one.uri))) {
      if (uris.has(uri)) {
        this.#held.add(uri)
        answer(call, AGREED)
      } else answer(call, { error: notTold(uri) })
    }
    if (this.#hasMissed) this.#tellAll(lists)
    this.#goOn()
  }

  /** The server has ended it, or it could not be begun. */
  #ended(listen: Listen, response: RpcResponse): void {
    if (this.#isOver) return
    if (listen === this.#coming) {
      this.#coming = undefined
      const { error } = response.error === undefined ? failed('the server tells nothing') : response
      for (const { call } of this.#take((one) => listen.uris.has(one.uri))) answer(call, { error })
    } else if (listen === this.#current) {
      this.#current = undefined
      this.#hasMissed = true
    } else return
    this.#goOn()
    if (this.#current === undefined && this.#coming === undefined) this.#again(listen, response)
  }

  #goOn(): void {
    if (!this.#isOutdated || this.#coming !== undefined) return
    this.#isOutdated = false
    this.#renew()
  }

  #again(listen: Listen, { error }: RpcResponse): void {
    // There is nothing to be told, or nobody to tell it.
    if (listen.since > 0 && !listen.isHeard) return
    if (isObject(error) && error['code'] === CODES.methodNotFound) return
    const { againFirstMs, againMaxMs } = this.#ports.waits
    const isSteady = listen.since > 0 && Date.now() - listen.since > againMaxMs
    const againMs = isSteady ? againFirstMs : this.#againMs
    this.#againMs = Math.min(againMs * 2, againMaxMs)
    this.#timer = setTimeout(() => this.#renew(), againMs)
  }

  #tellAll(lists: JsonObject): void {
    this.#hasMissed = false
    const tell = (method: string, params: object): void =>
      this.#ports.tell({ jsonrpc: '2.0', method, params })
    for (const { wish, method } of LIST_CHANGES) if (lists[wish] === true) tell(method, {})
    for (const uri of this.#held) tell(UPDATED, { uri })
  }

  #drop(listen: Listen | undefined): void {
    if (listen === undefined) return
    listen.stopWaiting()
    this.#ports.cancel(listen)
  }

  #take(isMeant: (one: Waiting) => boolean): Waiting[] {
    const taken = this.#waiting.filter(isMeant)
    this.#waiting = this.#waiting.filter((one) => !taken.includes(one))
    return taken
  }
}

function failed(message: string): RpcResponse {
  return { jsonrpc: '2.0', id: null, error: { code: CODES.internal, message } }
}

function notTold(uri: string): JsonObject {
  const message = `the server does not tell of changes of ${uri}`
  return { code: CODES.invalidParams, message, data: { uri } }
}
