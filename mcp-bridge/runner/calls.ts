/**
 * The requests a process has to answer: sent in their turn, answered, cancelled, given up.
 *
 * A call ends when it was silent for too long, which each progress begins anew, or has lasted too
 * long altogether. Waiting for its turn is not silence, nor is waiting for what the server has asked
 * the client, as people think, nor for a client that does not read. The server is told, and may be
 * given up too when it goes on like that.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import {
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
  toCancelled,
} from '../json-rpc.ts'
import { toOverdueWords } from '../overdue.ts'
import { toValidAnswer } from './answers.ts'
import type { CallTraces } from './call-traces.ts'
import { Correlation, type Overdue, type Settled } from './correlation.ts'
import { Hung } from './hung.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { Turns } from './turns.ts'

export interface CallsPorts {
  /** @throws RpcFault when the server does not read. */
  readonly send: (request: RpcRequest) => void
  readonly notify: (notification: RpcNotification) => void
  /** The server's answer as that session may see it. */
  readonly toVisible: (user: ProcessUser, call: Call, answer: RpcResponse) => RpcResponse
  /** A call is over without the server's answer. */
  readonly onDropped: (call: Call) => void
  /** An answer could not be handed over, for a reason that nobody has foreseen. */
  readonly onUnsettled: (error: unknown) => void
  /** Undefined where traces are off. */
  readonly traces?: CallTraces | undefined
}

export class Calls {
  readonly #service: Service
  readonly #ports: CallsPorts
  readonly #correlation = new Correlation((call) => this.#turns.leave(call))
  readonly #turns = new Turns()
  readonly #hung = new Hung()

  constructor(service: Service, ports: CallsPorts) {
    this.#service = service
    this.#ports = ports
  }

  get size(): number {
    return this.#correlation.size
  }

  /**
   * @param isTimed whether its time is watched here.
   * @throws RpcFault when it cannot be taken.
   */
  forward(user: ProcessUser, call: Call, request: RpcRequest, isTimed = true): void {
    // What somebody else watches over may last: it takes no turn away.
    if (this.#service.calls === 'parallel' || !isTimed) this.#send(user, call, request, isTimed)
    else {
      if (this.#turns.isTaken) this.#correlation.assertRoom(user, this.#turns)
      const start = (): void => this.#send(user, call, request, isTimed)
      this.#turns.enter({ user, call, start })
    }
  }

  /** The call it was the answer to; undefined when nobody waits for it. */
  settle(response: RpcResponse): Settled | undefined {
    this.#hung.answered()
    const settled = this.#correlation.settle(response)
    if (settled === undefined) return undefined
    const { user, call } = settled
    const answer = toValidAnswer({ ...response, id: call.id })
    this.#ports.traces?.answered(call, answer)
    try {
      call.settle(this.#ports.toVisible(user, call, answer))
      this.#turns.leave(call)
    } catch (error) {
      this.#ports.onUnsettled(error)
      this.#fail(call, 'sent an answer that the gateway cannot pass on')
    }
    return settled
  }

  /** The call that has this id in the process. */
  find(id: unknown): Settled | undefined {
    return this.#correlation.find(id)
  }

  /** All that were sent and wait for an answer. */
  open(): Iterable<Settled> {
    return this.#correlation.open()
  }

  /** Hands it to its call; undefined when there is none. */
  progress(notification: RpcMessage): ProcessUser | undefined {
    return this.#correlation.progress(notification)
  }

  /** Its caller waits no longer; the server is told, under the id the request has there. */
  cancel(call: Call, notification: RpcNotification): void {
    const requestId = this.#correlation.abandon(call)
    // What the server has got it may work on still.
    if (requestId === undefined) this.#turns.leave(call)
    else this.#ports.notify({ ...notification, params: { ...paramsOf(notification), requestId } })
    this.#drop(call)
  }

  /** Nobody waits for it, or ever did: the server is told nothing. */
  forget(call: Call): void {
    this.#correlation.forget(call)
  }

  /** Answers a call in the server's place. */
  giveUp(call: Call, what: string): void {
    this.#correlation.forget(call)
    this.#fail(call, what)
  }

  /** A user that shares the server has left, which the server is told of each call that it was sent. */
  failOfUser(user: ProcessUser, more: readonly Call[], what: string): void {
    const waiting = this.#turns.take((one) => one === user)
    const sent = this.#correlation.callsOf(user)
    this.#correlation.forgetTasks(user)
    for (const call of sent) {
      this.cancel(call, toCancelled(call.id, what))
      this.#refuse(call, what)
    }
    for (const call of [...more, ...waiting]) this.#fail(call, what)
  }

  /** The calls the answer may have been for: all when its id could not be told. */
  failSent(id: number | undefined, what: string): void {
    const calls = this.#correlation.take((one) => id === undefined || one === id)
    for (const call of calls) this.#fail(call, what)
  }

  failAll(more: readonly Call[], what: string): void {
    const waiting = this.#turns.take(() => true)
    const sent = this.#correlation.take(() => true)
    for (const call of [...more, ...waiting, ...sent]) this.#fail(call, what)
  }

  /**
   * A second has passed.
   * @param isExcused the server waits for its client in one way or another.
   * @returns how many were given up.
   */
  beat(isExcused: boolean): number {
    const overdue = this.#correlation.nextSecond(this.#service.limits, isExcused)
    for (const one of overdue) this.#endOverdue(one)
    return overdue.length
  }

  /** Whether the server is of no use to anybody any more. */
  get isHung(): boolean {
    const { isolation, limits } = this.#service
    const isShared = isolation !== 'session'
    return this.#hung.isHung(this.#correlation.second, isShared, limits.callCeilingMs)
  }

  #send(user: ProcessUser, call: Call, request: RpcRequest, isTimed: boolean): void {
    const { traces } = this.#ports
    const traced = traces?.begin(call, request) ?? request
    try {
      this.#ports.send(this.#correlation.outgoing(user, call, traced, isTimed))
    } catch (error) {
      this.#correlation.forget(call)
      traces?.dropped(call)
      throw error
    }
  }

  #endOverdue({ id, call, begunAt, was }: Overdue): void {
    const what = toOverdueWords(was, this.#service.limits)
    this.#hung.gaveUp(begunAt)
    this.#ports.notify(toCancelled(id, what))
    this.#refuse(call, what)
    // Its turn goes on: the server may work on it still.
    this.#drop(call)
  }

  #fail(call: Call, what: string): void {
    this.#refuse(call, what)
    this.#drop(call)
    this.#turns.leave(call)
  }

  #refuse(call: Call, what: string): void {
    const fault = new RpcFault(502, 'internal', `the service ${this.#service.name}: ${what}`)
    call.settle(fault.toResponse(call.id))
  }

  /** It is over without the server's answer. */
  #drop(call: Call): void {
    this.#ports.traces?.dropped(call)
    this.#ports.onDropped(call)
  }
}
