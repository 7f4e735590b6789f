import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { ask } from '../../../../mcp-bridge/native/upstream.ts'

test('a server that changes the protocol keeps nobody waiting', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upstream-'))
  const socketPath = join(folder, 's')
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const asking = ask({ socketPath, secret: '' }, 'far', { method: 'GET', path: '/', headers: {} })
  const error = await t.throwsAsync(asking, { instanceOf: RpcFault })
  t.is(error.message, 'the service far: did not answer')
})
