/** A span for each call of one server, from when it is asked until it has answered; its own parent comes in `_meta`. */

import { isObject } from '../../lib/platform/json.ts'
import {
  isTraceparent,
  type Span,
  TRACEPARENT,
  type Tracing,
} from '../../lib/platform/tracing/tracing.ts'
import { metaOf, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import { attributesOf, nameOf, withTraceparent } from '../trace-exchange.ts'
import type { Call } from './process-user.ts'

export class CallTraces {
  readonly #tracing: Tracing
  readonly #transport: 'pipe' | 'tcp'
  readonly #open = new Map<Call, Span>()

  constructor(tracing: Tracing, transport: 'pipe' | 'tcp') {
    this.#tracing = tracing
    this.#transport = transport
  }

  /** What the server gets instead. The bridge's own questions have no parent, and no span. */
  begin(call: Call, request: RpcRequest): RpcRequest {
    const parent = metaOf(request)[TRACEPARENT]
    if (!isTraceparent(parent)) return request
    const span = this.#tracing.start(nameOf(request), {
      kind: 'client',
      parent,
      attributes: { ...attributesOf(request), 'network.transport': this.#transport },
    })
    this.#open.set(call, span)
    return withTraceparent(request, span) as RpcRequest
  }

  answered(call: Call, { error, result }: RpcResponse): void {
    const span = this.#open.get(call)
    if (span === undefined) return
    if (isObject(error)) {
      const code = typeof error['code'] === 'number' ? String(error['code']) : 'unknown'
      span.set({ 'rpc.response.status_code': code })
      span.fail(code)
    } else if (isObject(result) && result['isError'] === true) span.fail('tool_error')
    this.#end(call, span)
  }

  /** Over without the server's answer. */
  dropped(call: Call): void {
    const span = this.#open.get(call)
    if (span === undefined) return
    span.fail('unanswered')
    this.#end(call, span)
  }

  #end(call: Call, span: Span): void {
    this.#open.delete(call)
    span.end()
  }
}
