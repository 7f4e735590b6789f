/** Runs `gateway` for whoever asks on a socket: the other end of tests/fixtures/gateway-by-socket.ts. */

import { createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { createGatewayCommand } from '../gateway-command.ts'

interface Wish {
  readonly args: readonly string[]
  readonly stdin: string
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
}

/** Resolves once it listens, with what ends it. */
export async function serveCommands(path: string): Promise<() => void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void answer(socket))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return () => server.close()
}

async function answer(socket: Socket): Promise<void> {
  const { args, stdin, environment, folder }: Wish = JSON.parse(await text(socket))
  const told = await createGatewayCommand(folder, environment)(args, { stdin })
  socket.end(JSON.stringify(told))
}
