/** The gRPC edge: what Envoy and people may ask, and what carries it. Decides nothing. */

import type { Log } from '../lib/platform/log.ts'
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Serving,
} from '../proto/gen/grpc/health/v1/health.ts'
import { AUTHORIZATION, HEALTH, SERVICES } from './services.ts'
import { createFastServer } from './transport/fast-server.ts'
import { CallFault, STATUS } from './transport/status.ts'
import type {
  GrpcMethods,
  GrpcServer,
  StreamingMethod,
  UnaryMethod,
} from './transport/transport.ts'

export const TRANSPORTS = ['fast', 'grpc-js'] as const
export type Transport = (typeof TRANSPORTS)[number]

export interface MethodPorts {
  /** A CheckRequest's bytes → a CheckResponse's. */
  readonly check: UnaryMethod
  /** False until everything was loaded once: fail closed at start. */
  readonly isServing: () => boolean
}

/** The older reflection has the same messages: grpcurl asks by it when the newer one is unknown. */
const REFLECTION = ['v1', 'v1alpha'].map(
  (version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
)

export function createMethods({ check, isServing }: MethodPorts): GrpcMethods {
  const reflection = reflectWhenAsked()
  return {
    unary: new Map<string, UnaryMethod>([
      [`/${AUTHORIZATION}/Check`, check],
      [`/${HEALTH}/Check`, healthOf(isServing)],
    ]),
    streaming: new Map(REFLECTION.map((name) => [name, reflection])),
  }
}

/** Of the whole process, which the empty name stands for. There is no `Watch`: Envoy asks again and again. */
function healthOf(isServing: () => boolean): UnaryMethod {
  const toBytes = (status: Serving): Buffer =>
    Buffer.from(HealthCheckResponse.encode({ status }).finish())
  const [serving, notServing] = [toBytes(Serving.SERVING), toBytes(Serving.NOT_SERVING)]
  return (message) => {
    const { service } = HealthCheckRequest.decode(message)
    if (service !== '' && !SERVICES.includes(service)) {
      throw new CallFault(STATUS.notFound, 'no such service')
    }
    return isServing() ? serving : notServing
  }
}

/** Most processes are never asked: what it is made of is loaded by the first who does. */
function reflectWhenAsked(): StreamingMethod {
  let loaded: Promise<StreamingMethod> | undefined
  return async (message) => {
    loaded ??= import('./reflection.ts').then(({ createReflection }) => createReflection())
    return (await loaded)(message)
  }
}

/** The reference is loaded only where it is chosen: it would be a tenth of the process. */
export async function createServer(
  transport: Transport,
  methods: GrpcMethods,
  log: Log,
): Promise<GrpcServer> {
  if (transport === 'fast') return createFastServer(methods, log)
  const { createGrpcJsServer } = await import('./transport/grpc-js-server.ts')
  return createGrpcJsServer(methods, log)
}
