/**
 * Which answer belongs to which call: ids of our own towards a process, the callers' ids back.
 *
 * Two sessions, or one, may use the same id or progress token at the same time; ours never repeat.
 * How long each call has taken is told in seconds that somebody counts: no clock is asked for each.
 */

import type { ServiceLimits } from '../../lib/catalogue/service.ts'
import {
  metaOf,
  paramsOf,
  progressTokenOf,
  RpcFault,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { PENDING_PER_PROCESS_MAX, TASK_TOKENS_MAX } from '../limits.ts'
import type { Lateness } from '../overdue.ts'
import { AbandonedCalls } from './abandoned.ts'
import type { Call, ProcessUser } from './process-user.ts'

interface Pending {
  readonly user: ProcessUser
  readonly call: Call
  readonly token: RpcId | undefined
  readonly begunAt: number
  /** Since when nothing was heard of it; undefined for a call whose time somebody else watches. */
  quietSince: number | undefined
}

/** A token that outlives its request: progress of a task (MCP 2025-11-25, tasks). */
type TaskToken = Pick<Pending, 'user' | 'token'>

export type Settled = Pick<Pending, 'user' | 'call'>

export interface Overdue extends Settled {
  /** The id it has in the process. */
  readonly id: number
  readonly begunAt: number
  readonly was: Lateness
}

/** Calls of a process, and how many of them are a person's. */
interface Waiting {
  readonly size: number
  countOf(userId: string | undefined): number
}

const NONE: Waiting = { size: 0, countOf: () => 0 }

export class Correlation {
  #lastId = 0
  #second = 0
  readonly #pending = new Map<number, Pending>()
  readonly #tasks = new Map<number, TaskToken>()
  readonly #abandoned: AbandonedCalls

  /** `onReleased`: an abandoned call was answered after all, or has had its time. */
  constructor(onReleased: (call: Call) => void = () => {}) {
    this.#abandoned = new AbandonedCalls(onReleased)
  }

  /** Seconds counted so far. */
  get second(): number {
    return this.#second
  }

  get size(): number {
    return this.#pending.size
  }

  /**
   * Registers a request; the result is what the process gets instead.
   * @throws RpcFault 503 when too many wait already.
   */
  outgoing(
    user: ProcessUser,
    call: Call,
    request: RpcRequest,
    isTimed = true,
  ): RpcRequest & { id: number } {
    this.assertRoom(user)
    this.#lastId += 1
    const id = this.#lastId
    const token = progressTokenOf(request)
    this.#pending.set(id, {
      user,
      call,
      token,
      begunAt: this.#second,
      quietSince: isTimed ? this.#second : undefined,
    })
    if (token === undefined) return { ...request, id }
    const _meta = { ...metaOf(request), progressToken: id }
    return { ...request, id, params: { ...paramsOf(request), _meta } }
  }

  /** The call an answer belongs to, which waits no longer; undefined when nobody waits for it. */
  settle(response: RpcResponse): Settled | undefined {
    const id = toOurId(response.id)
    const pending = this.#pending.get(id)
    if (pending === undefined) {
      this.#abandoned.release(id)
      return undefined
    }
    this.#pending.delete(id)
    if (pending.token !== undefined && isTaskAnswer(response)) this.#keepTask(id, pending)
    return pending
  }

  /** Hands a progress notification to its call, with the token the caller chose. */
  progress(notification: RpcMessage): ProcessUser | undefined {
    const ours = toOurId(paramsOf(notification)['progressToken'])
    const pending = this.#pending.get(ours)
    if (pending?.quietSince !== undefined) pending.quietSince = this.#second
    const known = pending ?? this.#tasks.get(ours)
    if (known?.token === undefined) return undefined
    const params = { ...paramsOf(notification), progressToken: known.token }
    known.user.deliver({ ...notification, params }, pending?.call)
    return known.user
  }

  /** The call that has this id in the process. */
  find(id: unknown): Settled | undefined {
    return this.#pending.get(toOurId(id))
  }

  open(): Iterable<Settled> {
    return this.#pending.values()
  }

  callsOf(user: ProcessUser): Call[] {
    const calls: Call[] = []
    for (const pending of this.#pending.values())
      if (pending.user === user) calls.push(pending.call)
    return calls
  }

  /** Forgets a call that the server is not busy with. */
  forget(call: Call): void {
    for (const [id, pending] of this.#pending) if (pending.call === call) this.#pending.delete(id)
  }

  /** Nobody waits for it any more; the result is the id it has in the process, if it was sent. */
  abandon(call: Call): number | undefined {
    for (const [id, pending] of this.#pending) {
      if (pending.call !== call) continue
      this.#pending.delete(id)
      this.#abandoned.add(id, { user: pending.user, call, since: this.#second })
      return id
    }
    return undefined
  }

  /** Takes the calls that match out, for the caller to settle; those that were abandoned are over. */
  take(matches: (id: number) => boolean): Call[] {
    const taken: Call[] = []
    for (const [id, { call }] of this.#pending) {
      if (!matches(id)) continue
      this.#pending.delete(id)
      taken.push(call)
    }
    this.#abandoned.releaseThose(matches)
    return taken
  }

  /**
   * A second has passed: abandons the calls that were silent or have lasted for too long.
   * @param isExcused nobody can be blamed for being silent now.
   */
  nextSecond(limits: ServiceLimits, isExcused: boolean): Overdue[] {
    this.#second += 1
    const overdue: Overdue[] = []
    for (const [id, pending] of this.#pending) {
      if (pending.quietSince === undefined) continue
      if (isExcused) pending.quietSince = this.#second
      const was = this.#overdueBy(pending, limits)
      if (was !== undefined) overdue.push({ ...pending, id, was })
    }
    for (const { id, user, call } of overdue) {
      this.#pending.delete(id)
      this.#abandoned.add(id, { user, call, since: this.#second })
    }
    this.#abandoned.releaseUntil(this.#second)
    return overdue
  }

  forgetTasks(user: ProcessUser): void {
    for (const [id, task] of this.#tasks) if (task.user === user) this.#tasks.delete(id)
  }

  #overdueBy(
    { begunAt, quietSince = 0 }: Pending,
    { callTimeoutMs, callCeilingMs }: ServiceLimits,
  ): Lateness | undefined {
    // The second in which it began was not a whole one.
    if ((this.#second - begunAt - 1) * 1000 >= callCeilingMs) return 'long'
    if ((this.#second - quietSince - 1) * 1000 >= callTimeoutMs) return 'silent'
    return undefined
  }

  /**
   * Once it is half full nobody has more than half of it: others share the process.
   * @param waiting those that were not sent yet.
   * @throws RpcFault 503 when one more must not wait.
   */
  assertRoom({ userId }: ProcessUser, waiting: Waiting = NONE): void {
    const half = PENDING_PER_PROCESS_MAX / 2
    const taken = this.#pending.size + this.#abandoned.size + waiting.size
    if (taken < half) return
    const isTheirs = ({ user }: Pending): boolean => user.userId === userId
    const theirs = (): number =>
      [...this.#pending.values()].filter(isTheirs).length +
      this.#abandoned.countOf(userId) +
      waiting.countOf(userId)
    if (taken < PENDING_PER_PROCESS_MAX && theirs() < half) return
    throw new RpcFault(503, 'refused', 'too many requests wait for this server: wait for some', {
      headers: { 'retry-after': '1' },
    })
  }

  #keepTask(id: number, { user, token }: Pending): void {
    this.#tasks.set(id, { user, token })
    const [oldest] = this.#tasks.keys()
    if (this.#tasks.size > TASK_TOKENS_MAX && oldest !== undefined) this.#tasks.delete(oldest)
  }
}

/** Some servers answer "7" to 7; as ours are all numbers, it can mean nothing else. */
function toOurId(id: unknown): number {
  if (typeof id === 'string' && /^[1-9]\d{0,14}$/.test(id)) return Number(id)
  return id as number
}

function isTaskAnswer({ result }: RpcResponse): boolean {
  return typeof result === 'object' && result !== null && 'task' in result
}
