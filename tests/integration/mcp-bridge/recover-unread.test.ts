/** A client that comes back again and again for what an ended session has sent, and reads nothing of it. */

import { mkdtempSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import test from 'ava'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import type { Bridge } from '../../../mcp-bridge/bridge.ts'
import { type Exchange, sendFault } from '../../../mcp-bridge/exchange.ts'
import { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import { UNSENT_BYTES_MAX } from '../../../mcp-bridge/limits.ts'
import { recover } from '../../../mcp-bridge/recover.ts'
import { SessionNotHere } from '../../../mcp-bridge/sessions.ts'
import { Readers } from '../../../mcp-bridge/stateless/readers.ts'
import { Ticker } from '../../../mcp-bridge/ticker.ts'
import { Unread } from '../../../mcp-bridge/unread.ts'

test('what is sent again of ended sessions counts for its client, and is refused beyond the bound', async (t) => {
  const missed = [{ id: 'mark.1.1', json: `"${'x'.repeat(UNSENT_BYTES_MAX / 2)}"` }]
  const keepAlive = new Ticker(15_000)
  const bridge = {
    events: { recover: () => Promise.resolve(missed) },
    readers: new Readers(new Unread()),
    streams: { keepAlive },
  } as unknown as Bridge
  const server = createServer((request, response) => {
    const exchange = {
      request,
      response,
      identity: { userId: String(request.headers['x-user']), clientId: 'client' },
      service: { name: 'svc' },
      admission: { assertStands: () => {} },
    } as unknown as Exchange
    recover(bridge, exchange, new SessionNotHere('gone')).catch((error: unknown) =>
      sendFault(response, RpcFault.from(error)),
    )
  })
  const socketPath = join(mkdtempSync(join(tmpdir(), 'recover-')), 's')
  await listenOnSocket(server, socketPath)
  t.teardown(() => {
    keepAlive.stop()
    server.close()
    server.closeAllConnections()
  })
  const ask = async (user: string): Promise<IncomingMessage> => {
    const headers = { 'last-event-id': 'mark.1.0', 'x-user': user }
    const request = httpRequest({ socketPath, headers, agent: false })
    request.on('error', () => {})
    const answer = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
    request.end()
    return await answer
  }
  const unread = [await ask('ann'), await ask('ann')]
  t.is((await ask('ann')).statusCode, 429)
  t.is((await ask('ben')).statusCode, 200)
  for (const one of unread) t.true((await buffer(one)).length > UNSENT_BYTES_MAX / 2)
  t.is((await ask('ann')).statusCode, 200)
})
