import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createLeaving } from '../../../lib/platform/leaving.ts'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { type HttpResponse, sendOverSocket } from '../../support/http.ts'

const ASK_ELSEWHERE = 'x-envoy-immediate-health-check-fail'

interface Room {
  readonly server: Server
  readonly leave: () => Promise<void>
  /** Time passes only here. */
  readonly pass: (milliseconds: number) => void
  readonly ask: (path: string) => Promise<HttpResponse>
  /** A connection that stays, as those of whoever shares requests out do; returns what ends it. */
  readonly stay: () => Promise<() => void>
}

async function openRoom(
  t: ExecutionContext,
  handle: RequestListener = (_request, response) => response.end('ok'),
): Promise<Room> {
  const folder = mkdtempSync(join(tmpdir(), 'leaving-'))
  const socket = join(folder, 's')
  let now = 1_000_000
  const leaving = createLeaving(() => now)
  const server = createServer(leaving.wrap(handle))
  await listenOnSocket(server, socket)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const send = sendOverSocket(socket)
  return {
    server,
    pass(milliseconds) {
      now += milliseconds
    },
    leave: () => leaving.leave(server),
    ask: (path) => send({ url: `http://room${path}` }),
    async stay() {
      const connection = connect(socket)
      connection.on('error', () => {})
      await once(connection, 'connect')
      return () => connection.destroy()
    },
  }
}

test('while it stays nothing is said of leaving', async (t) => {
  const { ask } = await openRoom(t)
  for (const path of ['/healthz', '/any']) {
    const { status, headers } = await ask(path)
    t.is(status, 200)
    t.false(headers.has(ASK_ELSEWHERE))
  }
})

test('whoever looks at its health is told, and what arrives until then is answered', async (t) => {
  const { server, leave, pass, ask, stay } = await openRoom(t)
  const go = await stay()
  await ask('/healthz')
  const left = leave()
  const answer = await ask('/any')
  t.is(answer.status, 200)
  t.is(answer.headers.get('connection'), 'close')
  t.true(answer.headers.has(ASK_ELSEWHERE))
  t.true(server.listening, 'it goes on for a moment')
  t.is((await ask('/healthz')).status, 503)
  pass(100)
  go()
  await left
  await t.throwsAsync(ask('/any'))
})

test('whoever looks but asks nothing more is not waited for without end', async (t) => {
  const { server, leave, pass, ask, stay } = await openRoom(t)
  const go = await stay()
  await ask('/healthz')
  const left = leave()
  await sleep(50)
  t.true(server.listening)
  pass(1200)
  go()
  await left
  t.false(server.listening)
})

test('where nobody looks there is nobody to tell', async (t) => {
  const { server, leave, ask } = await openRoom(t)
  await ask('/any')
  const left = leave()
  // In the same turn: it did not wait.
  t.false(server.listening)
  await left
})

test('an answer that takes its time is given', async (t) => {
  const finish = Promise.withResolvers<void>()
  const { leave, ask } = await openRoom(t, (_request, response) => {
    void finish.promise.then(() => response.end('late'))
  })
  const asked = ask('/slow')
  await sleep(100)
  const left = leave()
  let hasLeft = false
  void left.then(() => {
    hasLeft = true
  })
  await sleep(100)
  t.false(hasLeft)
  finish.resolve()
  t.is((await asked).text, 'late')
  await left
})
