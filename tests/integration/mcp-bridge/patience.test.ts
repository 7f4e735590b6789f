import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { RpcMessage } from '../../../mcp-bridge/json-rpc.ts'
import { startSession, until } from '../../support/live-session.ts'

const ask = (method: string, id: string | number = 'q'): RpcMessage => ({
  jsonrpc: '2.0',
  id,
  method,
})

/** 15 s each. */
const BEATS_OF_AN_HOUR = 240

for (const method of ['GET', 'POST']) {
  test(`${method} streams for an hour and longer`, async (t) => {
    const { calls, ask: send, say } = await startSession(t, { keepAliveMs: 8 })
    const pending = send(method)
    await until(() => method === 'GET' || calls.length > 0)
    const stream = await pending
    let text = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    await until(() => text.split(': keepalive').length > BEATS_OF_AN_HOUR)
    if (method === 'GET') say(3)
    else calls[0]?.settle({ jsonrpc: '2.0', id: 1, result: { data: 'xxx' } })
    await until(() => text.includes('"data":"xxx"'))
    t.true(text.split(': keepalive').length > BEATS_OF_AN_HOUR)
    t.true(text.includes('"data":"xxx"'))
    if (method === 'POST') t.true(stream.complete)
    else t.false(stream.destroyed)
  })
}

test('what the client does not answer, the bridge does, and tells the client so', async (t) => {
  const options = { secondMs: 10, capabilities: { roots: {}, elicitation: {} } }
  const { session, told, ask: send } = await startSession(t, options)
  const stream = await send('GET')
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  session.deliver(ask('roots/list'), undefined)
  session.deliver(ask('elicitation/create', 'patient'), undefined)
  await until(() => told.passed.length > 0)
  t.like(told.passed[0], { id: 'q', error: { code: -32000 } })
  await until(() => text.includes('notifications/cancelled'))
  t.regex(text, /"method":"notifications\/cancelled","params":\{"requestId":"q"/)
  await sleep(100)
  t.is(told.passed.length, 1, 'a person may still answer')
})

test('what the client has not declared is not asked', async (t) => {
  const { session, told } = await startSession(t)
  session.deliver(ask('sampling/createMessage'), undefined)
  t.like(told.passed[0], { id: 'q', error: { code: -32601 } })
})

test('when the session ends, what its server waits for is answered', async (t) => {
  const { session, told } = await startSession(t)
  session.deliver(ask('ping'), undefined)
  t.deepEqual(told.passed, [])
  session.end()
  t.like(told.passed[0], { id: 'q', error: { code: -32000 } })
})

test('what the server has taken back is not answered any more', async (t) => {
  const { session, told } = await startSession(t, { secondMs: 2 })
  session.deliver(ask('ping'), undefined)
  const params = { requestId: 'q', reason: 'enough' }
  session.deliver({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, undefined)
  await sleep(200)
  session.end()
  t.deepEqual(told.passed, [])
})
