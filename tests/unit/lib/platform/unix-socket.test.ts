import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { listenOnSocket, prepareSocketFolder } from '../../../../lib/platform/unix-socket.ts'

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()))

test('who closes takes away its own name, and not that of whoever has replaced it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'socket-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'room.sock')
  const [first, second] = [createServer(), createServer()]
  await listenOnSocket(first, path)
  await listenOnSocket(second, path)
  t.deepEqual(readdirSync(folder), ['room.sock'])
  t.is(statSync(path).mode & 0o777, 0o600)
  await closed(first)
  t.true(existsSync(path))
  await closed(second)
  t.deepEqual(readdirSync(folder), [])
})

test('where it cannot listen, it says so', async (t) => {
  const server = createServer()
  await t.throwsAsync(listenOnSocket(server, join(tmpdir(), 'not-there/room.sock')), {
    message: /^listen E/,
  })
})

test('a folder that cannot be made is told with what decides where it is', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'socket-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'file')
  writeFileSync(file, '')
  t.throws(() => prepareSocketFolder(join(file, 'sockets')), {
    message: /^\S+\/file\/sockets cannot be made \(ENOTDIR\): set XDG_RUNTIME_DIR or TMPDIR to/,
  })
})
