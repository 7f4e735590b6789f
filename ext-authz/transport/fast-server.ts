/**
 * gRPC over an HTTP/2 server of our own: for Envoy, and for people with grpcurl, on a unix socket.
 *
 * Node's HTTP/2 makes garbage of every stream that outlives it, and stands still while it collects it;
 * Envoy waits meanwhile. Here a call costs a few microseconds, and nothing of it remains.
 */

import { createServer } from 'node:net'
import type { Log } from '../../lib/platform/log.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { createAccept } from './grpc/accept.ts'
import { Connection } from './http2/connection.ts'
import { CLOSE_MS, CONNECTIONS_MAX } from './http2/limits.ts'
import type { GrpcMethods, GrpcServer } from './transport.ts'

export function createFastServer(methods: GrpcMethods, log: Log): GrpcServer {
  const accept = createAccept(methods, log)
  const connections = new Set<Connection>()
  const server = createServer((socket) => {
    const connection = new Connection(socket, accept, log)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('drop', () => log.warn('gRPC connection refused: too many'))
  return {
    listen: (path) => listenOnSocket(server, path),
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const connection of connections) connection.close()
      const cut = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, CLOSE_MS)
      await promise
      clearTimeout(cut)
    },
  }
}
