/** What is read from a child and from a runner: however it is cut, it is the same, and nothing grows. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseExactly } from '../../mcp-bridge/exact-json.ts'
import { FrameReader } from '../../mcp-bridge/runner/framing.ts'
import { PacketReader, toPacket } from '../../mcp-bridge/runner/packets.ts'
import { byteByByte, cut } from './harness/chunks.ts'
import { fuzz } from './harness/fuzz.ts'

const LINE_BYTES_MAX = 300
const KEPT_BYTES = 256

type Read = readonly (readonly ['frame' | 'oversized', string])[]

function read(chunks: readonly Buffer[]): Read {
  const read: ['frame' | 'oversized', string][] = []
  const reader = new FrameReader(LINE_BYTES_MAX, {
    frame: (line) => read.push(['frame', line.toString('latin1')]),
    oversized: (head, tail) => read.push(['oversized', `${head} … ${tail}`]),
  })
  for (const chunk of chunks) reader.write(chunk)
  return read
}

/** By the words of the contract: lines that are not empty, and of a longer one its two ends. */
function reference(bytes: Buffer): Read {
  const lines = bytes.toString('latin1').split('\n').slice(0, -1)
  return lines
    .filter((line) => line !== '')
    .map((line) =>
      line.length <= LINE_BYTES_MAX
        ? ['frame', line]
        : ['oversized', `${line.slice(0, KEPT_BYTES)} … ${line.slice(-KEPT_BYTES)}`],
    )
}

const message = fc
  .record({ id: fc.oneof(fc.nat(), fc.string()), method: fc.string(), params: fc.jsonValue() })
  .map((one) => JSON.stringify({ jsonrpc: '2.0', ...one }))
const line = fc.oneof(
  message,
  fc.constantFrom('', '\r', ' ', '\ufeff{}', 'Listening on stdio'),
  fc
    .integer({ min: LINE_BYTES_MAX - 3, max: 3 * LINE_BYTES_MAX })
    .map((length) => 'x'.repeat(length)),
)

fuzz('fuzz-frames', {
  corpus: 'frames',
  words: ['\n', '\n\n', '{"jsonrpc":"2.0","id":1,"result":{}}\n', 'x'.repeat(LINE_BYTES_MAX)],
  grammar: fc.array(line).map((lines) => `${lines.join('\n')}\n`),
  check(bytes) {
    const expected = reference(bytes)
    assert.deepEqual(read([bytes]), expected)
    assert.deepEqual(read(cut(bytes)), expected)
    assert.deepEqual(read(byteByByte(bytes)), expected)
    return expected.some(([kind]) => kind === 'oversized') ? 'oversized' : 'whole'
  },
  outcomes: ['oversized', 'whole'],
})

const PACKET_BYTES_MAX = 4096
const LAST_KIND = 17

/** The first kind that a bridge may send, with a content that tells nothing about its length. */
const packet = fc
  .tuple(fc.constantFrom('hello', 'line', 'frame', 'gone'), fc.uint8Array({ maxLength: 80 }))
  .map(([kind, content]) => toPacket(kind as 'line', Buffer.from(content)))

function readPackets(chunks: readonly Buffer[]): string[] {
  const read: string[] = []
  const reader = new PacketReader(PACKET_BYTES_MAX, (kind, content) =>
    read.push(toPacket(kind, content).toString('hex', 4)),
  )
  try {
    for (const chunk of chunks) reader.write(chunk)
  } catch (error) {
    assert.ok(error instanceof RangeError, String(error))
    read.push(error.message)
  }
  return read
}

/** Length, kind, content, as the contract says; a kind that there is not, or a length beyond the bound, ends it. */
function referencePackets(bytes: Buffer): string[] {
  const read: string[] = []
  for (let at = 0; bytes.length - at >= 5; ) {
    const [length, kind] = [bytes.readUInt32BE(at), bytes.readUInt8(at + 4)]
    if (kind > LAST_KIND) return [...read, 'what came is no packet']
    if (length > PACKET_BYTES_MAX) return [...read, `a packet of ${length} bytes is too large`]
    if (bytes.length - at < 5 + length) break
    read.push(bytes.toString('hex', at + 4, at + 5 + length))
    at += 5 + length
  }
  return read
}

fuzz('fuzz-packets', {
  corpus: 'packets',
  grammar: fc.array(packet).map((packets) => Buffer.concat(packets)),
  check(bytes) {
    const whole = referencePackets(bytes)
    assert.deepEqual(readPackets([bytes]), whole)
    assert.deepEqual(readPackets(cut(bytes)), whole)
    assert.deepEqual(readPackets(byteByByte(bytes)), whole)
    return whole.length === 0 ? 'none' : 'packets'
  },
  outcomes: ['packets'],
})

const digits = fc.stringMatching(/^(?:0|[1-9][0-9]{0,24})$/)
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,20}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/)),
  )
  .map((parts) => parts.join(''))
/** Not like the places of an array, which come first, and not twice. */
const name = fc.stringMatching(/^[a-z "]{1,9}$/)
const space = fc.constantFrom('', '', ' ', '\n\t', '\r\n ')
const { value: jsonText } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numberText,
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.constantFrom('true', 'null', '"1e400, -0"'),
    tie('array'),
    tie('object'),
  ),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), space)
    .map(([values, gap]) => `[${gap}${values.join(`${gap},${gap}`)}${gap}]`),
  object: fc
    .tuple(fc.uniqueArray(name, { maxLength: 4 }), fc.array(tie('value'), { minLength: 4 }), space)
    .map(([names, values, gap]) => {
      const members = names.map((one, at) => `${JSON.stringify(one)}${gap}:${gap}${values[at]}`)
      return `{${gap}${members.join(`,${gap}`)}${gap}}`
    }),
}))

const TOKENS = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g
/**
 * Names that JavaScript sorts, and what the bridge compares: another reading is right. And names with an
 * escape: V8 13.6 takes `"\""` for a backslash when an object before had such a member in its place.
 */
const OTHERWISE = /"(?:requestId|progressToken|id|\d+|[^"]*\\.*)"\s*:/

fuzz('fuzz-numbers', {
  corpus: 'json',
  words: ['-0', '1.0', '1e400', '0.0000001', '12345678901234567890', '"a":', '1E+2'],
  grammar: jsonText.map((value) => `{"jsonrpc":"2.0","method":"m","params":${value}}`),
  check(bytes) {
    const text = bytes.toString()
    let plain: unknown
    try {
      plain = JSON.parse(text)
    } catch {
      assert.throws(() => parseExactly(text), SyntaxError)
      return 'no JSON'
    }
    const written = JSON.stringify(parseExactly(text))
    assert.equal(JSON.stringify(JSON.parse(written)), JSON.stringify(plain))
    if (OTHERWISE.test(text) || hasTwins(text)) return 'written otherwise'
    // What stands alone is no message, and passes nothing on.
    if (typeof plain !== 'object' || plain === null) return 'no message'
    const numbers = (json: string): string[] =>
      (json.match(TOKENS) ?? []).filter((token) => !token.startsWith('"'))
    assert.deepEqual(numbers(written), numbers(text))
    return 'the same'
  },
  outcomes: ['the same', 'no JSON', 'written otherwise'],
})

/** Blindly: whether any name occurs twice at all. */
function hasTwins(text: string): boolean {
  const names = [...text.matchAll(/("(?:[^"\\]|\\.)*")\s*:/g)].map(([, one = '""']) =>
    JSON.parse(one),
  )
  return new Set(names).size < names.length
}
