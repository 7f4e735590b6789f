/** Both servers that carry gRPC, with methods of a test's own. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Transport } from '../../ext-authz/server.ts'
import type {
  GrpcMethods,
  StreamingMethod,
  UnaryMethod,
} from '../../ext-authz/transport/transport.ts'
import { createLog, type Log } from '../../lib/platform/log.ts'

export interface TestServer {
  readonly socket: string
  /** Parsed lines. */
  readonly logged: Record<string, unknown>[]
  close(): Promise<void>
}

export async function startGrpc(
  transport: Transport,
  unary: Readonly<Record<string, UnaryMethod>>,
  streaming: Readonly<Record<string, StreamingMethod>> = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'grpc-'))
  const socket = join(folder, 'g.sock')
  const { log, logged } = collectLog()
  const server = await createServer(transport, toMethods(unary, streaming), log)
  await server.listen(socket)
  return {
    socket,
    logged,
    async close() {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function toMethods(
  unary: Readonly<Record<string, UnaryMethod>>,
  streaming: Readonly<Record<string, StreamingMethod>> = {},
): GrpcMethods {
  return {
    unary: new Map(Object.entries(unary)),
    streaming: new Map(Object.entries(streaming)),
  }
}

function collectLog(): { log: Log; logged: Record<string, unknown>[] } {
  const logged: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void logged.push(JSON.parse(line)) }
  return { log: createLog('test', 'info', destination), logged }
}
