/** The gRPC edge: Check and health on a unix socket. Knows Envoy's types and decides nothing. */

import { chmodSync, rmSync } from 'node:fs'
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js'
import { assertSocketPath } from '../lib/platform/unix-socket.ts'
import { AuthorizationService } from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import {
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as Serving,
} from '../proto/gen/grpc/health/v1/health.ts'
import { createReflection } from './reflection.ts'

export interface ServerPorts {
  /** From a CheckRequest to a CheckResponse, in bytes. Never throws or rejects. */
  readonly check: (message: Buffer) => Buffer | Promise<Buffer>
  /** False until everything was loaded once: fail closed at start. */
  readonly isServing: () => boolean
}

const CHECK = {
  ...AuthorizationService.check,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
}

export function createServer({ check, isServing }: ServerPorts): Server {
  const server = new Server()
  const answer: handleUnaryCall<Buffer, Buffer> = (call, reply) => {
    void Promise.resolve(check(call.request)).then((response) => reply(null, response))
  }
  const health: HealthServer = {
    check(_call, reply) {
      reply(null, { status: isServing() ? Serving.SERVING : Serving.NOT_SERVING })
    },
  }
  server.addService({ check: CHECK }, { check: answer })
  server.addService(HealthService, health)
  const reflection = createReflection()
  server.addService(reflection.definition, reflection.implementation)
  return server
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
