import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { UNSENT_BYTES_MAX } from '../../../../mcp-bridge/limits.ts'
import { Readers } from '../../../../mcp-bridge/stateless/readers.ts'
import { StatelessAnswer } from '../../../../mcp-bridge/stateless/stateless-answer.ts'
import { Ticker } from '../../../../mcp-bridge/ticker.ts'
import { Unread } from '../../../../mcp-bridge/unread.ts'

const ANN = { user: 'dev:ann', client: 'client', service: 'svc' }
const JSON_ALONE = 'application/json'

/** Exchanges of clients that read nothing until the test says so. */
async function setUp(t: ExecutionContext) {
  const readers = new Readers(new Unread())
  const keepAlive = new Ticker(50)
  const ports = { keepAlive, firstBytes: new Ticker(60_000) }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    keepAlive.stop()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const ask = async (owner = ANN, accept = JSON_ALONE) => {
    const client = httpRequest({ port, host: '127.0.0.1', headers: { accept }, agent: false })
    client.on('error', () => {})
    const got = new Promise<IncomingMessage>((resolve) => client.once('response', resolve))
    client.end()
    const [request, response] = await once(server, 'request')
    const answer = new StatelessAnswer({ request, response }, ports, readers.enter(owner, response))
    const closed = once(response, 'close')
    return { answer, got, leave: () => client.destroy(), closed }
  }
  return { ask }
}

const large = (bytes: number) => ({
  jsonrpc: '2.0' as const,
  id: 1,
  result: { text: 'x'.repeat(bytes) },
})

for (const accept of [JSON_ALONE, 'text/event-stream']) {
  test(`too much that nobody reads (${accept}) refuses that client further answers, nobody else`, async (t) => {
    const { ask } = await setUp(t)
    const [one, two] = [await ask(ANN, accept), await ask(ANN, accept)]
    const next = await ask()
    let relieved = 0
    next.answer.onRelieved(() => {
      relieved += 1
    })
    one.answer.settle(large(UNSENT_BYTES_MAX))
    t.true(next.answer.isCongested, 'the server is held back')
    two.answer.settle(large(UNSENT_BYTES_MAX / 2))
    const fault = (await t.throwsAsync(ask())) as RpcFault
    t.true(fault instanceof RpcFault)
    t.is(fault.status, 429)
    t.false((await ask({ ...ANN, user: 'dev:ben' })).answer.isCongested)
    for (const { leave, closed } of [one, two]) {
      leave()
      await closed
    }
    t.false(next.answer.isCongested)
    t.is(relieved, 1)
    await t.notThrowsAsync(ask())
  })
}

test('what is read in time costs nothing; who reads nothing for long is cut off', async (t) => {
  const { ask } = await setUp(t)
  const one = await ask()
  one.answer.settle(large(5_000_000))
  let bytes = 0
  for await (const chunk of await one.got) bytes += (chunk as Buffer).length
  t.true(bytes > 5_000_000)
  const two = await ask()
  two.answer.settle(large(UNSENT_BYTES_MAX))
  await Promise.race([two.closed, sleep(20_000).then(() => t.fail('it was not cut off'))])
  t.false((await ask()).answer.isCongested)
})
