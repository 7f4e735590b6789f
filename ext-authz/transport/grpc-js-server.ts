/** gRPC over @grpc/grpc-js: the reference that our own server is measured by. */

import { chmodSync, rmSync } from 'node:fs'
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import type { Log } from '../../lib/platform/log.ts'
import { TRACEPARENT } from '../../lib/platform/tracing/tracing.ts'
import { assertSocketPath } from '../../lib/platform/unix-socket.ts'
import { CLOSE_MS, MESSAGE_BYTES_MAX } from './http2/limits.ts'
import { CallFault, STATUS } from './status.ts'
import type { GrpcMethods, GrpcServer, StreamingMethod, UnaryMethod } from './transport.ts'

const INTERNAL: { code: number; details: string } = {
  code: STATUS.internal,
  details: 'internal error',
}

type Handler = handleUnaryCall<Buffer, Buffer> | handleBidiStreamingCall<Buffer, Buffer>

export function createGrpcJsServer(methods: GrpcMethods, log: Log): GrpcServer {
  const server = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES_MAX })
  for (const [path, method] of methods.unary) add(server, path, false, toUnary(path, method, log))
  for (const [path, method] of methods.streaming) {
    add(server, path, true, toStreaming(path, method, log))
  }
  return {
    async listen(path) {
      assertSocketPath(path)
      rmSync(path, { force: true })
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error)
        else resolve()
      })
      await promise
      chmodSync(path, 0o600)
    },
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>()
      const cut = setTimeout(() => {
        server.forceShutdown()
        resolve()
      }, CLOSE_MS)
      server.tryShutdown(() => resolve())
      await promise
      clearTimeout(cut)
    },
  }
}

/** Bytes stay bytes. */
function add(server: Server, path: string, isStreaming: boolean, handler: Handler): void {
  const same = (bytes: Buffer): Buffer => bytes
  const definition: MethodDefinition<Buffer, Buffer> = {
    path,
    requestStream: isStreaming,
    responseStream: isStreaming,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
  server.addService({ method: definition }, { method: handler })
}

function toUnary(name: string, method: UnaryMethod, log: Log): handleUnaryCall<Buffer, Buffer> {
  return (call, reply) => {
    const [traceparent = ''] = call.metadata.get(TRACEPARENT)
    void attempt((message) => method(message, String(traceparent)), call.request).then(
      (answer) => reply(null, answer),
      (error: unknown) => reply(toStatus(error, name, log)),
    )
  }
}

function toStreaming(
  name: string,
  method: StreamingMethod,
  log: Log,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (stream) => {
    let last = Promise.resolve(true)
    stream.on('data', (message: Buffer) => {
      stream.pause()
      last = attempt(method, message).then(
        (answer) => {
          if (stream.write(answer)) stream.resume()
          else stream.once('drain', () => stream.resume())
          return true
        },
        (error: unknown) => {
          stream.emit('error', toStatus(error, name, log))
          return false
        },
      )
    })
    // It may come while the last message is being answered.
    stream.on('end', () => void last.then((isFine) => isFine && stream.end()))
  }
}

function toStatus(error: unknown, name: string, log: Log): typeof INTERNAL {
  if (error instanceof CallFault) return { code: error.status, details: error.message }
  log.error({ err: error, method: name }, 'gRPC method failed')
  return INTERNAL
}

async function attempt(method: StreamingMethod, message: Buffer): Promise<Buffer> {
  return await method(message)
}
