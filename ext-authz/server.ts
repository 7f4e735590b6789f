/** The gRPC edge: what Envoy and people may ask, and what carries it. Decides nothing. */

import type { Log } from '../lib/platform/log.ts'
import {
  AuthorizationService,
  type CheckRequest,
  type CheckResponse,
} from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import {
  HealthService,
  HealthCheckResponse_ServingStatus as Serving,
} from '../proto/gen/grpc/health/v1/health.ts'
import type { Decision } from './decision.ts'
import { createReflection, REFLECTION_METHODS } from './reflection.ts'
import { type ParsedRequest, parseCheckRequest } from './request.ts'
import { toCheckResponse } from './response.ts'
import { createFastServer } from './transport/fast-server.ts'
import { createGrpcJsServer } from './transport/grpc-js-server.ts'
import type { GrpcMethods, GrpcServer, UnaryMethod } from './transport/transport.ts'

export const TRANSPORTS = ['fast', 'grpc-js'] as const
export type Transport = (typeof TRANSPORTS)[number]

export interface MethodPorts {
  /** A CheckRequest's bytes → a CheckResponse's. */
  readonly check: UnaryMethod
  /** False until keys and epoch were read once: fail closed at start. */
  readonly isServing: () => boolean
}

/** Health has no `Watch`: Envoy asks again and again. */
export function createMethods({ check, isServing }: MethodPorts): GrpcMethods {
  const serving = HealthService.check.responseSerialize({ status: Serving.SERVING })
  const notServing = HealthService.check.responseSerialize({ status: Serving.NOT_SERVING })
  const reflection = createReflection()
  return {
    unary: new Map<string, UnaryMethod>([
      [AuthorizationService.check.path, check],
      [HealthService.check.path, () => (isServing() ? serving : notServing)],
    ]),
    streaming: new Map(REFLECTION_METHODS.map((name) => [name, reflection])),
  }
}

export function createServer(transport: Transport, methods: GrpcMethods, log: Log): GrpcServer {
  return transport === 'fast' ? createFastServer(methods, log) : createGrpcJsServer(methods, log)
}

export interface CheckMethodPorts {
  /** Never rejects. */
  readonly decide: (parsed: ParsedRequest) => Promise<Decision>
  readonly log: Log
}

export function createCheck({ decide, log }: CheckMethodPorts): UnaryMethod {
  const { requestDeserialize, responseSerialize } = AuthorizationService.check
  return async (message) =>
    responseSerialize(await answer(requestDeserialize(message), decide, log))
}

/** A denial is an answer, never a gRPC error: Envoy's failure mode is for failures of ours. */
async function answer(
  request: CheckRequest,
  decide: CheckMethodPorts['decide'],
  log: Log,
): Promise<CheckResponse> {
  const startedAt = performance.now()
  try {
    const parsed = parseCheckRequest(request)
    const decision = await decide(parsed)
    logDecision(log, parsed, decision, performance.now() - startedAt)
    return toCheckResponse(decision)
  } catch (error) {
    log.error({ err: error }, 'check failed')
    return toCheckResponse({ allow: false, reason: 'unforeseen', detail: '' })
  }
}

function logDecision(log: Log, parsed: ParsedRequest, decision: Decision, tookMs: number): void {
  const common = {
    request_id: parsed.requestId,
    service: parsed.input.service,
    method: parsed.method,
    path: parsed.path,
    took_ms: Math.round(tookMs * 100) / 100,
  }
  if (decision.allow) {
    const { userId: user, clientId: client_id } = decision.identity
    log.info({ ...common, user, client_id }, 'allowed')
  } else {
    log.info({ ...common, reason: decision.reason, detail: decision.detail }, 'denied')
  }
}
