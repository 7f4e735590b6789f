/**
 * Log levels of the sessions that share a process (MCP, `logging/setLevel`): each has its own, the
 * server gets the most talkative of them, and a session hears what its own allows.
 *
 * While nobody has set one the server decides, as it would for a single client. After that a
 * session that has set none counts as `info`: neither flooded with another's debugging nor deaf.
 */

import {
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import type { Call, ProcessUser } from './process-user.ts'
import type { SharingPorts } from './sharing.ts'

/** RFC 5424 section 6.2.1, most talkative first. */
export const LEVELS: readonly unknown[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]
const UNSET = LEVELS.indexOf('info')

interface Change {
  readonly user: ProcessUser
  readonly before: number | undefined
  readonly level: number
  readonly toldBefore: number | undefined
}

export class LogLevels {
  readonly #ports: SharingPorts
  readonly #levels = new Map<ProcessUser, number>()
  readonly #changes = new Map<Call, Change>()
  /** What the server was told last; undefined while it decides. */
  #told: number | undefined

  constructor(ports: SharingPorts) {
    this.#ports = ports
  }

  /** @throws RpcFault when the server does not take it. */
  set(user: ProcessUser, call: Call, request: RpcRequest): void {
    const level = LEVELS.indexOf(paramsOf(request)['level'])
    if (level === -1) {
      const fault = new RpcFault(200, 'invalidParams', `level is one of ${LEVELS.join(', ')}`)
      call.settle(fault.toResponse(call.id))
      return
    }
    const before = this.#levels.get(user)
    this.#levels.set(user, level)
    const wanted = this.#mostTalkative()
    if (wanted === this.#told) {
      call.settle({ jsonrpc: '2.0', id: call.id, result: {} })
      return
    }
    const change = { user, before, level, toldBefore: this.#told }
    this.#changes.set(call, change)
    this.#told = wanted
    const params = { ...paramsOf(request), level: LEVELS[wanted] }
    try {
      this.#ports.forward(user, call, { ...request, params })
    } catch (error) {
      this.#undo(call, change)
      throw error
    }
  }

  /** What the server refused is as it was before. */
  answered(call: Call, response: RpcResponse): void {
    const change = this.#changes.get(call)
    if (change !== undefined && response.error !== undefined) this.#undo(call, change)
    this.#changes.delete(call)
  }

  /** Nobody knows whether the server took it: the next one is told again. */
  dropped(call: Call): void {
    if (this.#changes.delete(call)) this.#told = undefined
  }

  joined(): void {
    this.#tellChange()
  }

  left(user: ProcessUser): void {
    this.#levels.delete(user)
    this.#tellChange()
  }

  hears(user: ProcessUser, message: RpcMessage): boolean {
    const own = this.#levels.get(user) ?? (this.#told === undefined ? 0 : UNSET)
    const level = LEVELS.indexOf(paramsOf(message)['level'])
    // What is no level may be important.
    return level === -1 || level >= own
  }

  #undo(call: Call, { user, before, level, toldBefore }: Change): void {
    this.#changes.delete(call)
    this.#told = toldBefore
    // Another may have been set meanwhile, or the session have ended.
    if (this.#levels.get(user) !== level) return
    if (before === undefined) this.#levels.delete(user)
    else this.#levels.set(user, before)
  }

  #tellChange(): void {
    if (this.#told === undefined || this.#ports.users.size === 0) return
    const wanted = this.#mostTalkative()
    if (wanted === this.#told) return
    this.#told = wanted
    this.#ports.tell('logging/setLevel', { level: LEVELS[wanted] })
  }

  #mostTalkative(): number {
    const levels = [...this.#ports.users].map((user) => this.#levels.get(user) ?? UNSET)
    return Math.min(...levels)
  }
}
