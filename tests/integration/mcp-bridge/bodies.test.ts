/** Bodies of which too much is held: whoever sends them, and everybody else. */

import { mkdtempSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { Bodies } from '../../../mcp-bridge/bodies.ts'
import { type Exchange, sendFault } from '../../../mcp-bridge/exchange.ts'
import { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import { BODIES_BYTES_PER_USER_MAX, BODY_BYTES_MAX } from '../../../mcp-bridge/limits.ts'
import { readBody } from '../../../mcp-bridge/read-body.ts'
import { until } from '../../support/live-session.ts'

/** Reads bodies of whoever `x-user` names, and answers with their length. */
async function startReader(t: ExecutionContext) {
  const bodies = new Bodies()
  const came = { bytes: 0 }
  const server = createServer(async (request, response) => {
    request.on('data', (chunk: Buffer) => {
      came.bytes += chunk.length
    })
    const identity = { userId: String(request.headers['x-user']) } as Exchange['identity']
    const whenOver = (tell: () => void) => void response.once('close', tell)
    const admission = { whenOver } as unknown as Exchange['admission']
    await readBody({ request, identity, admission }, bodies).then(
      (body) => response.end(JSON.stringify({ bytes: body.length })),
      (error: unknown) => sendFault(response, RpcFault.from(error)),
    )
  })
  const socketPath = join(mkdtempSync(join(tmpdir(), 'bodies-')), 's')
  await listenOnSocket(server, socketPath)
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const begin = (user: string, bytes: number) => {
    const headers = { 'x-user': user, 'content-length': bytes }
    const request = httpRequest({ socketPath, method: 'POST', headers, agent: false })
    request.on('error', () => {})
    const answer = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
    return { request, answer }
  }
  const send = async (user: string, bytes: number): Promise<IncomingMessage> => {
    const { request, answer } = begin(user, bytes)
    request.end(Buffer.alloc(bytes))
    return await answer
  }
  return { came, begin, send }
}

const UNFINISHED = Math.floor(BODIES_BYTES_PER_USER_MAX / BODY_BYTES_MAX)

test('who sends much and does not end is refused more; others are not', async (t) => {
  const { came, begin, send } = await startReader(t)
  const stalled = Array.from({ length: UNFINISHED }, () => begin('ann', BODY_BYTES_MAX))
  for (const { request } of stalled) request.write(Buffer.alloc(BODY_BYTES_MAX - 1))
  await until(() => came.bytes >= UNFINISHED * (BODY_BYTES_MAX - 1))
  const refused = await send('ann', BODY_BYTES_MAX)
  t.is(refused.statusCode, 429)
  t.is(refused.headers['retry-after'], '1')
  t.regex(await text(refused), /wait for some answers/)
  t.is((await send('ann', 1000)).statusCode, 200, 'a small one in one piece counts nowhere')
  t.is((await send('ben', BODY_BYTES_MAX)).statusCode, 200)
  const one = begin('ben', BODY_BYTES_MAX)
  one.request.write(Buffer.alloc(1))
  for (const { request } of stalled) request.destroy()
  one.request.end(Buffer.alloc(BODY_BYTES_MAX - 1))
  t.deepEqual(await json(await one.answer), { bytes: BODY_BYTES_MAX })
  const again = await send('ann', BODY_BYTES_MAX)
  t.deepEqual(await json(again), { bytes: BODY_BYTES_MAX }, 'what was left is given back')
})

test('a body that is refused is read to its end', async (t) => {
  const { send } = await startReader(t)
  const answer = await send('ann', BODY_BYTES_MAX + 1)
  t.is(answer.statusCode, 413)
  t.is((await send('ann', BODY_BYTES_MAX)).statusCode, 200)
})
