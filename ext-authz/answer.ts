/** One question of Envoy's, from bytes to bytes: read, decided, counted, told to the log. */

import type { Log } from '../lib/platform/log.ts'
import type { Span, Tracing } from '../lib/platform/tracing/tracing.ts'
import type { Decision, DenyReason } from './decision.ts'
import type { Metrics } from './metrics.ts'
import { type ParsedRequest, parseCheckRequest } from './request.ts'
import { encodeDecision } from './response.ts'
import type { UnaryMethod } from './transport/transport.ts'

export interface AnswerPorts {
  /** Never throws or rejects. */
  readonly decide: (parsed: ParsedRequest) => Decision | Promise<Decision>
  readonly metrics: Metrics
  readonly log: Log
  /** Undefined where traces are off. */
  readonly tracing?: Tracing | undefined
}

/** A denial is an answer, never a gRPC error: Envoy's failure mode is for failures of ours. */
export function createAnswer({ decide, metrics, log, tracing }: AnswerPorts): UnaryMethod {
  const tell = createDecisionLog(log)

  function finish(
    decision: Decision,
    parsed: ParsedRequest | undefined,
    { startedAt, span }: Begun,
  ): Buffer {
    const tookMs = performance.now() - startedAt
    metrics.count(decision.allow ? 'allowed' : decision.reason, tookMs)
    tell(decision, parsed, tookMs)
    if (span !== undefined) endSpan(span, decision, parsed)
    return encodeDecision(decision)
  }

  return (message, traceparent) => {
    const span = tracing?.start(CHECK, { kind: 'server', parent: traceparent })
    const begun: Begun = { startedAt: performance.now(), span }
    try {
      const parsed = parseCheckRequest(message)
      const deciding = decide(parsed)
      return deciding instanceof Promise
        ? deciding.then((decision) => finish(decision, parsed, begun))
        : finish(deciding, parsed, begun)
    } catch (error) {
      log.error({ err: error }, 'check failed')
      return finish(
        { allow: false, reason: 'unforeseen', detail: 'not understood' },
        undefined,
        begun,
      )
    }
  }
}

interface Begun {
  /** On the clock of `performance`. */
  readonly startedAt: number
  readonly span: Span | undefined
}

/** As the semantic conventions name a gRPC call. */
const CHECK = 'envoy.service.auth.v3.Authorization/Check'

/** What was decided and why: nothing of the token, and not whose it is. */
function endSpan(span: Span, decision: Decision, parsed: ParsedRequest | undefined): void {
  span.set({
    'rpc.system.name': 'grpc',
    'rpc.method': CHECK,
    'mcp_gateway.request': parsed?.requestId,
    'mcp_gateway.service': parsed?.input.service,
    'mcp_gateway.decision': decision.allow ? 'allow' : 'deny',
    'mcp_gateway.reason': decision.allow ? undefined : decision.reason,
  })
  if (!decision.allow && OUR_FAULTS.has(decision.reason)) span.fail(decision.reason)
  span.end()
}

/** Ours to repair, and therefore told whoever else is refused at the moment. */
const OUR_FAULTS: ReadonlySet<DenyReason> = new Set([
  'unknown_service',
  'keys_unavailable',
  'store_unavailable',
  'unforeseen',
])

/** A flood of refusals must not become a flood of lines; Envoy's access log has each request anyway. */
const LINES_PER_SECOND = 50

/** Allowed requests are told at `debug` alone. */
function createDecisionLog(log: Log) {
  let second = 0
  let lines = 0
  let left = 0

  function mayTell(now: number): boolean {
    const current = Math.floor(now / 1000)
    if (current !== second) {
      if (left > 0) log.info({ left_out: left }, 'more were denied')
      second = current
      lines = 0
      left = 0
    }
    lines += 1
    if (lines <= LINES_PER_SECOND) return true
    left += 1
    return false
  }

  return (decision: Decision, parsed: ParsedRequest | undefined, tookMs: number): void => {
    if (decision.allow) {
      if (!log.isLevelEnabled('debug')) return
      const { userId: user, clientId: client_id } = decision.identity
      log.debug({ ...describe(parsed, tookMs), user, client_id }, 'allowed')
      return
    }
    if (!mayTell(performance.now())) return
    const { reason, detail } = decision
    const level = OUR_FAULTS.has(reason) ? 'warn' : 'info'
    log[level]({ ...describe(parsed, tookMs), reason, detail }, 'denied')
  }
}

function describe(parsed: ParsedRequest | undefined, tookMs: number): object {
  return {
    request_id: parsed?.requestId,
    service: parsed?.input.service,
    method: parsed?.method,
    path: parsed?.path,
    took_ms: Math.round(tookMs * 100) / 100,
  }
}
