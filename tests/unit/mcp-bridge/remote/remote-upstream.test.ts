import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { RpcMessage } from '../../../../mcp-bridge/json-rpc.ts'
import { MESSAGE_VALUES_MAX } from '../../../../mcp-bridge/limits.ts'
import { SseSession } from '../../../../mcp-bridge/remote/sse-session.ts'
import { StreamableSession } from '../../../../mcp-bridge/remote/streamable-session.ts'
import { Ticker } from '../../../../mcp-bridge/ticker.ts'
import { openUpstream, remotePorts } from '../../../support/remote-ports.ts'
import { readBody, serveHttp } from '../../../support/remote-servers.ts'

const request = (id: number, method: string): RpcMessage => ({ jsonrpc: '2.0', id, method })
const toEvent = (message: object, id?: string) =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
const answerTo = (id: number) => ({ jsonrpc: '2.0', id, result: {} })

async function until(t: ExecutionContext, what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400 && !holds(); attempt += 1) await sleep(25)
  t.true(holds(), what)
}

const STREAM = { 'content-type': 'text/event-stream' }

test('what is said on the stream of a call is about that call; the listening stream is about none', async (t) => {
  const note = (of: string) => ({ jsonrpc: '2.0', method: `notifications/${of}` })
  const server = await serveHttp(async (incoming, response) => {
    if (incoming.method === 'GET') {
      response.writeHead(200, STREAM).write(toEvent(note('unasked')))
      return
    }
    const { id } = JSON.parse(await readBody(incoming)) as { id?: number }
    if (id === undefined) response.writeHead(202).end()
    else response.writeHead(200, STREAM).end(toEvent(note('related')) + toEvent(answerTo(id)))
  })
  t.teardown(() => server.stop())
  const ports = remotePorts(server.url)
  t.teardown(ports.close)
  const { upstream, heard } = openUpstream(ports, (own) => new StreamableSession(own))
  upstream.send(request(7, 'tools/list'))
  upstream.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await until(t, 'all is heard', () => heard.length === 3)
  const abouts = new Map(heard.map(({ message, about }) => [message.method ?? message.id, about]))
  t.deepEqual(Object.fromEntries(abouts), {
    '7': 7,
    'notifications/related': 7,
    'notifications/unasked': undefined,
  })
  await upstream.stop()
})

test('the listening stream is taken up where it broke', async (t) => {
  let opened = 0
  const server = await serveHttp(async (incoming, response) => {
    if (incoming.method !== 'GET') {
      await readBody(incoming)
      response.writeHead(202).end()
      return
    }
    opened += 1
    const message = { jsonrpc: '2.0', method: 'notifications/message', params: { opened } }
    response.writeHead(200, STREAM)
    response.end(`retry: 10\n\n${toEvent(message, `event-${opened}`)}`)
  })
  t.teardown(() => server.stop())
  const ports = remotePorts(server.url)
  t.teardown(ports.close)
  const { upstream, heard } = openUpstream(ports, (own) => new StreamableSession(own))
  upstream.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await until(t, 'it came back twice', () => heard.length >= 3)
  await upstream.stop()
  const gets = server.seen.filter(({ method }) => method === 'GET')
  const places = gets.map(({ headers }) => headers['last-event-id'])
  t.deepEqual(places.slice(0, 3), [undefined, 'event-1', 'event-2'])
  const count = opened
  await sleep(100)
  t.true(opened <= count + 1, 'nobody listens after the end')
})

const deep = `${'['.repeat(50_000)}1.0${']'.repeat(50_000)}`

for (const [what, values] of [
  ['has more values than are read at once', JSON.stringify(Array(MESSAGE_VALUES_MAX + 1).fill(0))],
  ['is nested too deeply to be read', deep],
] as const) {
  test(`what ${what} fails its call, in an answer and on a stream`, async (t) => {
    const server = await serveHttp(async (incoming, response) => {
      const { id, method } = JSON.parse(await readBody(incoming)) as { id: number; method: string }
      const large = `{"jsonrpc":"2.0","id":${id},"result":{"values":${values}}}`
      if (method === 'resources/list') response.writeHead(200, STREAM).end(`data: ${large}\n\n`)
      else response.writeHead(200, { 'content-type': 'application/json' }).end(large)
    })
    t.teardown(() => server.stop())
    const ports = remotePorts(server.url)
    t.teardown(ports.close)
    const { upstream, heard, oversized } = openUpstream(ports, (own) => new StreamableSession(own))
    upstream.send(request(7, 'tools/list'))
    upstream.send(request(8, 'resources/list'))
    await until(t, 'both have failed', () => oversized.length === 2)
    t.deepEqual(oversized.toSorted(), [7, 8])
    t.deepEqual(heard, [])
    await upstream.stop()
  })
}

test('nobody reads while nobody listens', async (t) => {
  let written = 0
  const server = await serveHttp((incoming, response) => {
    incoming.resume()
    response.writeHead(200, STREAM)
    const piece = toEvent({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: 'x'.repeat(60_000),
    })
    const write = (): void => {
      while (!response.destroyed && response.write(piece)) written += 1
      written += 1
    }
    response.on('drain', write)
    write()
  })
  t.teardown(() => server.stop())
  const ports = remotePorts(server.url)
  t.teardown(ports.close)
  const { upstream, heard } = openUpstream(ports, (own) => new StreamableSession(own))
  upstream.pause()
  upstream.send(request(1, 'tools/list'))
  let last = -1
  await until(t, 'the server has to wait', () => {
    const isSame = written > 0 && written === last
    last = written
    return isSame
  })
  t.is(heard.length, 0)
  upstream.resume()
  await until(t, 'it goes on', () => heard.length > 10)
  await upstream.stop()
})

test('with the stream of 2024-11-05 ends the session; a message without an address waits', async (t) => {
  const posts: string[] = []
  let cut = (): void => {}
  const server = await serveHttp(async (incoming, response) => {
    if (incoming.method === 'POST') {
      posts.push(`${incoming.url} ${await readBody(incoming)}`)
      response.writeHead(202).end('Accepted')
      return
    }
    response.writeHead(200, STREAM).flushHeaders()
    cut = () => response.end()
    setTimeout(() => response.write('event: endpoint\ndata: /messages?id=1\n\n'), 200)
  }, '/sse')
  t.teardown(() => server.stop())
  const ports = remotePorts(server.url)
  t.teardown(ports.close)
  const { upstream, endings } = openUpstream(ports, (own) => new SseSession(own))
  upstream.send(request(1, 'initialize'))
  await until(t, 'it is posted', () => posts.length === 1)
  t.regex(posts[0] ?? '', /^\/messages\?id=1 .*"initialize"/)
  t.is(endings.length, 0)
  cut()
  await until(t, 'the session is over', () => endings.length === 1)
  await upstream.gone
})

test('what nobody above knows of ends in time', async (t) => {
  const closed = Promise.withResolvers<void>()
  const server = await serveHttp((incoming, response) => {
    incoming.resume()
    response.once('close', closed.resolve)
  })
  t.teardown(() => server.stop())
  const ports = remotePorts(server.url)
  t.teardown(ports.close)
  const { upstream, heard } = openUpstream(
    ports,
    (own) => new StreamableSession(own),
    new Ticker(20),
  )
  upstream.send({ jsonrpc: '2.0', method: 'notifications/progress' })
  await t.notThrowsAsync(closed.promise)
  t.deepEqual(heard, [])
  await upstream.stop()
})

test('too much that waits to be taken is refused', async (t) => {
  const server = await serveHttp((incoming) => void incoming.resume())
  t.teardown(() => server.stop())
  const ports = remotePorts(server.url)
  t.teardown(ports.close)
  const { upstream } = openUpstream(ports, (own) => new StreamableSession(own))
  const large = { ...request(1, 'x'), params: { text: 'x'.repeat(12 * 1024 * 1024) } }
  upstream.send(large)
  upstream.send({ ...large, id: 2 })
  t.throws(() => upstream.send({ ...large, id: 3 }), { message: /does not read its messages/ })
  await upstream.stop()
})
