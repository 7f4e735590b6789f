import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import test from 'ava'
import type { ToolRules } from '../../../../lib/catalogue/tool-rules.ts'
import type { RpcMessage } from '../../../../mcp-bridge/json-rpc.ts'
import { MESSAGE_VALUES_MAX } from '../../../../mcp-bridge/limits.ts'
import { readAnswer } from '../../../../mcp-bridge/native/read-answer.ts'
import { AnswerReader } from '../../../../mcp-bridge/tools/answer-reader.ts'
import { Listing, type WatchedCall } from '../../../../mcp-bridge/tools/watched-call.ts'

const RULES: ToolRules = { allow: undefined, deny: ['bad'], scopes: [], listed: 'granted' }
const LIST = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"good","n":1.0},{"name":"bad"}]}}'
/** Where JSON may have a line break. */
const HALF = LIST.indexOf('"result"')
const SEEN = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"good","n":1.0}]}}'

function setUp(ids: readonly (string | number)[] = []) {
  const told: unknown[] = []
  const watched = new Map<RpcMessage, WatchedCall>(
    ids.map((id) => [
      { jsonrpc: '2.0', id, method: 'tools/call' },
      {
        toVisible: (answer) => answer,
        settled: (answer, sent) =>
          void told.push([id, answer.result ?? answer.error, sent?.length]),
        cancelled: () => void told.push([id, 'cancelled']),
        lost: () => void told.push([id, 'lost']),
      },
    ]),
  )
  return { reader: new AnswerReader(watched, new Listing(RULES, [])), told }
}

const pass = (
  reader: AnswerReader,
  chunks: readonly Buffer[],
  isStream: boolean,
  bytesMax = 1000,
) => text(Readable.from(chunks).compose(readAnswer(reader, isStream, bytesMax)))

test('a list is filtered, whether it comes at once or byte by byte', async (t) => {
  const bytes = Buffer.from(LIST)
  for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
    t.is(await pass(setUp().reader, chunks, false), SEEN)
  }
})

for (const [what, end] of [
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['CR', '\r'],
] as const) {
  test(`a stream with lines that end with ${what} is filtered, in whatever pieces it comes`, async (t) => {
    const lines = [
      ': hello',
      '',
      'id: 7',
      'retry: 1000',
      'data: ',
      '',
      'event: message',
      'id: 8',
      `data: ${LIST.slice(0, HALF)}`,
      `data:${LIST.slice(HALF)}`,
      '',
      'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"text":"hü 😀"}}',
      '',
      // After a last blank line a reader that knows CR LF may wait for what could follow.
      ': bye',
      '',
    ]
    const bytes = Buffer.from(lines.map((line) => line + end).join(''))
    const expected =
      'id: 7\nretry: 1000\ndata: \n\n' +
      `event: message\nid: 8\ndata: ${SEEN}\n\n` +
      'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"text":"hü 😀"}}\n\n'
    for (const size of [1, 2, 3, 50, 10_000]) {
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      t.is(await pass(setUp().reader, chunks, true), expected, String(size))
    }
  })
}

test('what is larger than a message may be is broken off', async (t) => {
  const large = Buffer.from(`data: "${'x'.repeat(2000)}"\n\n`)
  for (const isStream of [true, false]) {
    const chunks = [large.subarray(0, 1500), large.subarray(1500)]
    await t.throwsAsync(pass(setUp().reader, chunks, isStream), { message: /more than 1000 bytes/ })
  }
})

test('a list that was not read, as it has too many values, is broken off', async (t) => {
  const list = LIST.replace('1.0', JSON.stringify(Array(MESSAGE_VALUES_MAX + 1).fill(0)))
  for (const isStream of [true, false]) {
    const chunks = [Buffer.from(isStream ? `data: ${list}\n\n` : list)]
    const passing = pass(setUp().reader, chunks, isStream, 10_000_000)
    await t.throwsAsync(passing, { message: /more than 300000 values/ })
  }
})

test('a list that was not read, as it is nested too deeply, is broken off', async (t) => {
  const list = LIST.replace('1.0', `${'['.repeat(50_000)}1.0${']'.repeat(50_000)}`)
  for (const isStream of [true, false]) {
    const chunks = [Buffer.from(isStream ? `data: ${list}\n\n` : list)]
    const passing = pass(setUp().reader, chunks, isStream, 10_000_000)
    await t.throwsAsync(passing, { instanceOf: RangeError })
  }
})

test('each call hears of its answer once, also in an array; the others of its loss', (t) => {
  const { reader, told } = setUp([1, 'a', 'b'])
  const one = '{"jsonrpc":"2.0","id":1,"result":{"ok":1}}'
  t.is(reader.read(one), one)
  const array = `[{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":""}},${LIST}]`
  t.is(reader.read(array), array.replace(LIST, SEEN))
  for (const other of ['', 'no JSON', '{"jsonrpc":"2.0","id":"b","method":"ping"}', '[]', '1']) {
    t.is(reader.read(other), other)
  }
  reader.end()
  t.deepEqual(told.slice(0, 2), [
    [1, { ok: 1 }, one.length],
    ['a', { code: 1, message: '' }, 58],
  ])
  t.deepEqual(told.at(-1), ['b', 'lost'])
})
