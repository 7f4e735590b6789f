/** A request about tools on its way: what its caller may see of the answer, and what is kept of the call. */

import type { ToolRules } from '../../lib/catalogue/tool-rules.ts'
import { isObject } from '../../lib/platform/json.ts'
import type { AuditTrail } from '../../lib/store/audit.ts'
import type { AuditRecord } from '../../lib/store/audit-record.ts'
import { isOwn, type RpcMessage, type RpcResponse } from '../json-rpc.ts'
import { toVisibleList } from './visible-list.ts'

export interface WatchedCall {
  /** The answer as the caller may see it. */
  toVisible(answer: RpcResponse): RpcResponse
  /** It has its answer; `text` is what was sent of it, undefined when nobody was there to take it. */
  settled(answer: RpcResponse, text: string | undefined): void
  /** Its caller, or the gateway, did not want it any more. */
  cancelled(): void
  /** The server did not take it, or its answer will not come. */
  lost(): void
}

/** The requests of one exchange that are watched. */
export type Watched = ReadonlyMap<RpcMessage, WatchedCall>

export class Listing implements WatchedCall {
  readonly #rules: ToolRules
  readonly #scopes: readonly string[]

  constructor(rules: ToolRules, scopes: readonly string[]) {
    this.#rules = rules
    this.#scopes = scopes
  }

  toVisible(answer: RpcResponse): RpcResponse {
    return toVisibleList(this.#rules, this.#scopes, answer)
  }

  settled(): void {}
  cancelled(): void {}
  lost(): void {}
}

export type Begun = Omit<AuditRecord, 'outcome' | 'duration_ms'>

/** Kept once, with what comes of it first. */
export class ToolCall implements WatchedCall {
  readonly #trail: AuditTrail
  readonly #begun: Begun
  readonly #startedAt = performance.now()
  #isOver = false

  constructor(trail: AuditTrail, begun: Begun) {
    this.#trail = trail
    this.#begun = begun
  }

  toVisible(answer: RpcResponse): RpcResponse {
    return answer
  }

  settled(answer: RpcResponse, text: string | undefined): void {
    const { error } = answer
    const code = isObject(error) ? error['code'] : undefined
    const bytes = text === undefined ? undefined : Buffer.byteLength(text)
    this.#end(outcomeOf(answer), typeof code === 'number' ? code : undefined, bytes)
  }

  cancelled(): void {
    this.#end('cancelled')
  }

  lost(): void {
    this.#end('lost')
  }

  #end(outcome: string, code?: number, answerBytes?: number): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#trail.append({
      ...this.#begun,
      outcome,
      duration_ms: Math.round(performance.now() - this.#startedAt),
      details: { ...this.#begun.details, answer_bytes: answerBytes, code },
    })
  }
}

function outcomeOf(answer: RpcResponse): string {
  if (answer.error !== undefined) return isOwn(answer) ? 'lost' : 'error'
  const { result } = answer
  if (!isObject(result)) return 'ok'
  if (result['isError'] === true) return 'tool_error'
  if (result['resultType'] === 'input_required') return 'input_required'
  return isObject(result['task']) ? 'task' : 'ok'
}
