/** A server elsewhere that answers a call with any bytes at all: the call ends, once, and nothing else happens. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { StreamableSession } from '../../mcp-bridge/remote/streamable-session.ts'
import { StreamableStateless } from '../../mcp-bridge/remote/streamable-stateless.ts'
import type { Transport, TransportPorts } from '../../mcp-bridge/remote/transport.ts'
import { answerOf, type HostileRemote, startHostile } from '../support/hostile-remote.ts'
import { openUpstream, remotePorts } from '../support/remote-ports.ts'
import { cut } from './harness/chunks.ts'
import { fuzz } from './harness/fuzz.ts'

const ID = 7
/** A stream that broke is taken up again a few times, a second apart unless it says something else. */
const CALL_MS_MAX = 15_000
const MESSAGE_BYTES_MAX = 16_384
const HEAP_BYTES_MAX = 512 * 1024 * 1024

const answer = fc
  .record({
    jsonrpc: fc.constantFrom('2.0', '2.0', '2.0', '1.0'),
    id: fc.constantFrom<unknown>(ID, ID, '7', null, 8, 7.5),
    result: fc.jsonValue({ maxDepth: 2 }),
  })
  .map((one) => JSON.stringify(one))
const note = fc.constantFrom(
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}',
  '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  '{"jsonrpc":"2.0","method":"notifications/message","params":1.0}',
  `{"jsonrpc":"2.0","method":"x","params":"${'x'.repeat(MESSAGE_BYTES_MAX)}"}`,
)
const message = fc.oneof(
  { weight: 3, arbitrary: answer },
  { weight: 1, arbitrary: note },
  { weight: 1, arbitrary: fc.json() },
)
const body = fc.oneof(
  message,
  fc.array(message, { maxLength: 3 }).map((all) => `[${all.join(',')}]`),
  fc
    .array(message, { maxLength: 3 })
    .map((all) => all.map((one) => `id: e\nretry: 1\ndata: ${one}\n\n`).join('')),
  fc.string({ unit: 'binary', maxLength: 100 }),
)
const header = fc.constantFrom(
  'content-type: application/json',
  'content-type: text/event-stream',
  'content-type: text/event-stream;charset=utf-16',
  'content-type: text/html',
  'content-length: 5',
  'content-length: 99999',
  'content-length: -1',
  'transfer-encoding: chunked',
  'content-encoding: gzip',
  'mcp-session-id: \u00e4',
  'location: http://169.254.169.254/',
  'retry-after: 99999999999999999999',
  'www-authenticate: Bearer resource_metadata="https://theirs.example"',
  'no header',
  `x-a: ${'x'.repeat(20_000)}`,
)
const raw = fc
  .tuple(
    fc.constantFrom(
      ...Array.from({ length: 30 }, () => '200 OK'),
      '202 Accepted',
      '204 No Content',
      '400 Bad Request',
      '401 No',
      '404 Not Found',
      '307 There',
      '500 Oh',
      '100 Continue',
      '999 x',
      'x',
    ),
    fc.constantFrom('content-type: application/json', 'content-type: text/event-stream'),
    fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(header, { maxLength: 2 })),
    body,
  )
  .map(([status, type, more, text]) => [`HTTP/1.1 ${status}`, type, ...more, '', text].join('\r\n'))

const TRANSPORTS: readonly ((ports: TransportPorts) => Transport)[] = [
  (ports) => new StreamableSession(ports),
  (ports) => new StreamableStateless(ports),
]

let remote: HostileRemote | undefined
let bytes: Buffer = Buffer.alloc(0)
test.after.always(async () => remote?.stop())

/** What came of one call: who answered it, the server or we. */
async function call(url: string, open: (ports: TransportPorts) => Transport): Promise<string> {
  const ports = remotePorts(url, MESSAGE_BYTES_MAX)
  const { upstream, heard, oversized, endings } = openUpstream(ports, open)
  const answers = (): number =>
    heard.filter(({ message: one }) => String(one.id) === String(ID) && one.method === undefined)
      .length
  upstream.send({ jsonrpc: '2.0', id: ID, method: 'tools/list' })
  const since = Date.now()
  while (answers() + oversized.length + endings.length === 0) {
    assert.ok(Date.now() - since < CALL_MS_MAX, 'the call has no end')
    await sleep(1)
  }
  await upstream.stop()
  ports.close()
  for (const { message: one } of heard) assert.equal(one.jsonrpc, '2.0')
  if (oversized.length > 0) return 'oversized'
  if (answers() === 0) return 'over'
  return heard.some(({ message: one }) => one.error !== undefined) ? 'refused' : 'answered'
}

fuzz('fuzz-remote-answers', async () => {
  remote = await startHostile((socket, { line, body: asked }) => {
    // A stream that broke is taken up again by GET: nobody is there.
    if (!line.startsWith('POST') || !asked.includes(`"id":${ID}`)) {
      socket.write(answerOf('405 Method Not Allowed', []))
      return
    }
    for (const piece of cut(bytes, 4096)) socket.write(piece)
    socket.end()
  })
  const { url } = remote
  return {
    corpus: 'remote-answers',
    words: [
      'HTTP/1.1 200 OK\r\n',
      '\r\n\r\n',
      'data: ',
      '\n\n',
      '5\r\n',
      '0\r\n\r\n',
      `"id":${ID}`,
      'text/event-stream',
    ],
    grammar: raw,
    async check(input) {
      bytes = input
      const outcomes: string[] = []
      for (const open of TRANSPORTS) outcomes.push(await call(url, open))
      return outcomes.join(' and ')
    },
    outcomes: ['answered and answered', 'refused and refused'],
    inputMsMax: 3 * CALL_MS_MAX,
    finish: (t) => {
      t.true(process.memoryUsage().heapUsed < HEAP_BYTES_MAX)
    },
  }
})
