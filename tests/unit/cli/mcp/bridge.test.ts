import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import test from 'ava'
import { openLines } from '../../../../cli/mcp/bridge/lines.ts'
import { createMirroredArguments } from '../../../../cli/mcp/bridge/mirrored-arguments.ts'

const call = (name: string, args: unknown): JSONRPCMessage =>
  ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }) as never

test('arguments are repeated in headers as the tools that were shown want it, whatever else was shown', (t) => {
  const mirrored = createMirroredArguments()
  const region = { type: 'string', 'x-mcp-header': 'Region' }
  const tools = [
    null,
    'rubbish',
    { name: 'none', inputSchema: null },
    { name: 'odd', inputSchema: { properties: { a: null, b: 'x' } } },
    { name: 'search', inputSchema: { type: 'object', properties: { region } } },
  ]
  mirrored.fromServer({ jsonrpc: '2.0', id: 1, result: { tools } } as never)
  t.deepEqual(mirrored.headersFor(call('search', { region: 'Zürich' })), {
    'mcp-param-region': `=?base64?${Buffer.from('Zürich').toString('base64')}?=`,
  })
  t.deepEqual(mirrored.headersFor(call('search', { region: null })), {})
  t.deepEqual(mirrored.headersFor(call('search', null)), {})
  t.deepEqual(mirrored.headersFor(call('odd', { a: 1 })), {})
  t.deepEqual(mirrored.headersFor({ jsonrpc: '2.0', id: 1, method: 'tools/call' }), {})
})

test('many messages that wait for room wait for it together, and for a reader that has gone not at all', async (t) => {
  const output = new PassThrough({ highWaterMark: 1 })
  const { write } = openLines(new PassThrough(), output)
  const message: JSONRPCMessage = { jsonrpc: '2.0', method: 'notifications/x' }
  const writes = Array.from({ length: 50 }, () => write(message))
  t.true(output.listenerCount('drain') <= 1)
  let length = 0
  output.on('data', (chunk: Buffer) => {
    length += chunk.length
  })
  await Promise.all(writes)
  t.is(length, 50 * `${JSON.stringify(message)}\n`.length)
  output.pause()
  const last = write(message)
  output.destroy()
  await last
  await write(message)
})

test('a pipe that breaks while messages wait rejects nobody', async (t) => {
  const output = new PassThrough({ highWaterMark: 1 })
  const { write } = openLines(new PassThrough(), output)
  const broken = once(output, 'error')
  const waiting = [1, 2, 3].map(() => write({ jsonrpc: '2.0', method: 'x' }))
  output.destroy(new Error('EPIPE'))
  await broken
  await t.notThrowsAsync(Promise.all(waiting))
})
