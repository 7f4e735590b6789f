/** The gRPC edge: Check and health on a unix socket. Knows Envoy's types and decides nothing. */

import { chmodSync, rmSync } from 'node:fs'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Log } from '../lib/platform/log.ts'
import { assertSocketPath } from '../lib/platform/unix-socket.ts'
import {
  type AuthorizationServer,
  AuthorizationService,
  type CheckRequest,
  type CheckResponse,
} from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import {
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as Serving,
} from '../proto/gen/grpc/health/v1/health.ts'
import type { Decision } from './decision.ts'
import { createReflection } from './reflection.ts'
import { type ParsedRequest, parseCheckRequest } from './request.ts'
import { toCheckResponse } from './response.ts'

export interface ServerPorts {
  /** Never rejects. */
  readonly decide: (parsed: ParsedRequest) => Promise<Decision>
  /** False until keys and epoch were read once: fail closed at start. */
  readonly isServing: () => boolean
  readonly log: Log
}

export function createServer({ decide, isServing, log }: ServerPorts): Server {
  const server = new Server()
  const authorization: AuthorizationServer = {
    check(call, reply) {
      void answer(call.request, decide, log).then((response) => reply(null, response))
    },
  }
  const health: HealthServer = {
    check(_call, reply) {
      reply(null, { status: isServing() ? Serving.SERVING : Serving.NOT_SERVING })
    },
  }
  server.addService(AuthorizationService, authorization)
  server.addService(HealthService, health)
  const reflection = createReflection()
  server.addService(reflection.definition, reflection.implementation)
  return server
}

/** A denial is an answer, never a gRPC error: Envoy's failure mode is for failures of ours. */
async function answer(
  request: CheckRequest,
  decide: ServerPorts['decide'],
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

/** Listens on a unix socket, replacing what a killed predecessor left. */
export async function listen(server: Server, path: string): Promise<void> {
  assertSocketPath(path)
  rmSync(path, { force: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
    if (error) reject(error)
    else resolve()
  })
  await promise
  chmodSync(path, 0o600)
}

/** Finishes running checks, then closes. */
export function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.tryShutdown(() => resolve())
  return promise
}
