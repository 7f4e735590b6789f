/** The gRPC edge: what Envoy and people may ask, and what carries it. Decides nothing. */

import type { Log } from '../lib/platform/log.ts'
import { AuthorizationService } from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import {
  HealthService,
  HealthCheckResponse_ServingStatus as Serving,
} from '../proto/gen/grpc/health/v1/health.ts'
import { createReflection, REFLECTION_METHODS } from './reflection.ts'
import { createFastServer } from './transport/fast-server.ts'
import { createGrpcJsServer } from './transport/grpc-js-server.ts'
import type { GrpcMethods, GrpcServer, UnaryMethod } from './transport/transport.ts'

export const TRANSPORTS = ['fast', 'grpc-js'] as const
export type Transport = (typeof TRANSPORTS)[number]

export interface MethodPorts {
  /** A CheckRequest's bytes → a CheckResponse's. */
  readonly check: UnaryMethod
  /** False until everything was loaded once: fail closed at start. */
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
