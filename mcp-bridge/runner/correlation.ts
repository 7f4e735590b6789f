/**
 * Which answer belongs to which call: ids of our own towards a process, the callers' ids back.
 *
 * Two sessions, or one, may use the same id or progress token at the same time; ours never repeat.
 */

import {
  metaOf,
  paramsOf,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { TASK_TOKENS_MAX } from '../limits.ts'
import type { Call, ProcessUser } from './process-user.ts'

interface Pending {
  readonly user: ProcessUser
  readonly call: Call
  readonly token: RpcId | undefined
}

/** A token that outlives its request: progress of a task (MCP 2025-11-25, tasks). */
type TaskToken = Pick<Pending, 'user' | 'token'>

export class Correlation {
  #lastId = 0
  readonly #pending = new Map<number, Pending>()
  readonly #tasks = new Map<number, TaskToken>()

  /** Registers a request; the result is what the process gets instead. */
  outgoing(user: ProcessUser, call: Call, request: RpcRequest): RpcRequest & { id: number } {
    this.#lastId += 1
    const id = this.#lastId
    const { progressToken } = metaOf(request)
    const isToken = typeof progressToken === 'string' || typeof progressToken === 'number'
    this.#pending.set(id, { user, call, token: isToken ? progressToken : undefined })
    if (!isToken) return { ...request, id }
    const _meta = { ...metaOf(request), progressToken: id }
    return { ...request, id, params: { ...paramsOf(request), _meta } }
  }

  /** Settles the call an answer belongs to; undefined when nobody waits for it. */
  settle(response: RpcResponse): Call | undefined {
    const id = response.id as number
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    if (pending.token !== undefined && isTaskAnswer(response)) this.#keepTask(id, pending)
    pending.call.settle({ ...response, id: pending.call.id })
    return pending.call
  }

  /** Hands a progress notification to its call, with the token the caller chose. */
  progress(notification: RpcMessage): boolean {
    const ours = paramsOf(notification)['progressToken'] as number
    const pending = this.#pending.get(ours)
    const known = pending ?? this.#tasks.get(ours)
    if (known?.token === undefined) return false
    const params = { ...paramsOf(notification), progressToken: known.token }
    known.user.deliver({ ...notification, params }, pending?.call)
    return true
  }

  /** Forgets a call; the result is the id it has in the process. */
  cancel(call: Call): number | undefined {
    for (const [id, pending] of this.#pending) {
      if (pending.call !== call) continue
      this.#pending.delete(id)
      return id
    }
    return undefined
  }

  /** Takes the calls that match out, for the caller to settle. */
  take(matches: (id: number, user: ProcessUser) => boolean): Call[] {
    const taken = [...this.#pending].filter(([id, { user }]) => matches(id, user))
    for (const [id] of taken) this.#pending.delete(id)
    return taken.map(([, { call }]) => call)
  }

  forgetTasks(user: ProcessUser): void {
    for (const [id, task] of this.#tasks) if (task.user === user) this.#tasks.delete(id)
  }

  #keepTask(id: number, { user, token }: Pending): void {
    this.#tasks.set(id, { user, token })
    const [oldest] = this.#tasks.keys()
    if (this.#tasks.size > TASK_TOKENS_MAX && oldest !== undefined) this.#tasks.delete(oldest)
  }
}

function isTaskAnswer({ result }: RpcResponse): boolean {
  return typeof result === 'object' && result !== null && 'task' in result
}
