import { once } from 'node:events'
import { createServer, request as httpRequest, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Backlog } from '../../../mcp-bridge/backlog.ts'
import { EventStream } from '../../../mcp-bridge/event-stream.ts'
import { type Beaten, Ticker } from '../../../mcp-bridge/ticker.ts'
import { Unread } from '../../../mcp-bridge/unread.ts'

/** Knows who wants to be told. */
class Watched extends Ticker {
  readonly known = new Set<Beaten>()

  override add(one: Beaten): void {
    this.known.add(one)
  }

  override remove(one: Beaten): void {
    this.known.delete(one)
  }
}

/** The answer to a client, and how that leaves; resolves when it has. */
async function visit(t: ExecutionContext) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const client = httpRequest({ port, host: '127.0.0.1', agent: false })
  client.on('error', () => {})
  client.end()
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  const leave = async (): Promise<void> => {
    const closed = once(response, 'close')
    client.destroy()
    await closed
  }
  return { response, leave }
}

const toStream = (response: ServerResponse, keepAlive: Ticker): EventStream =>
  new EventStream(response, { keepAlive, backlog: new Backlog(new Unread(), 'ann', () => {}) })

test('a stream is kept alive until its client leaves', async (t) => {
  const { response, leave } = await visit(t)
  const keepAlive = new Watched(60_000)
  t.true(toStream(response, keepAlive).isOpen)
  t.is(keepAlive.known.size, 1)
  await leave()
  t.is(keepAlive.known.size, 0)
})

test('one that begins when its client has left is kept nowhere', async (t) => {
  const { response, leave } = await visit(t)
  await leave()
  const keepAlive = new Watched(60_000)
  const stream = toStream(response, keepAlive)
  t.is(keepAlive.known.size, 0)
  t.false(stream.isOpen)
  t.notThrows(() => {
    stream.send('{}')
    stream.end()
  })
})
