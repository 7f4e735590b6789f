/** Bytes changed without knowing what they mean, so that what fails can be made smaller. */

import fc from 'fast-check'

interface Change {
  readonly kind:
    | 'flip'
    | 'set'
    | 'insert'
    | 'remove'
    | 'repeat'
    | 'move'
    | 'cut'
    | 'word'
    | 'splice'
  /** Where, and of how much, as parts of what there is. */
  readonly at: number
  readonly length: number
  readonly byte: number
  readonly pick: number
}

const KINDS: readonly Change['kind'][] = [
  ...([
    'flip',
    'set',
    'insert',
    'remove',
    'repeat',
    'move',
    'cut',
    'word',
    'word',
    'splice',
  ] as const),
]

const LENGTH_MAX = 64

/** Where parsers were seen to stumble, whatever they read. */
const WORDS = [
  '\0',
  '\r\n',
  '\n\n',
  '\ufeff',
  '\u2028',
  '%',
  '%00',
  '%0d%0a',
  '%2e%2e%2f',
  '%ff',
  '&',
  '=',
  ';',
  '#',
  '?',
  '@',
  '//',
  '\\',
  '"',
  "'",
  '<fz>',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '[[[[[[[[[[[[[[[[[[[[',
  '{"a":',
  '"__proto__":',
  '"constructor":',
  '{"toString":1}',
  'null',
  'true',
  '0',
  '-1',
  '1e400',
  '99999999999999999999',
  '9007199254740993',
  '1.0',
  '\\u0000',
  '\\ud800',
  'javascript:',
  'http://127.0.0.1',
  'https://client.example/',
  '%F0%9F%98%80',
  '\xc3',
  '\xed\xa0\x80',
].map((word) => Buffer.from(word, /^[\x80-\xff]/.test(word) ? 'latin1' : 'utf8'))

const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: part,
  length: fc.nat(LENGTH_MAX),
  byte: fc.nat(255),
  pick: fc.nat(2 ** 16),
})

/** One of `recorded` with some changes. `words`: of the language of the target. */
export function mutated(
  recorded: readonly Buffer[],
  words: readonly string[] = [],
  changesMax = 6,
): fc.Arbitrary<Buffer> {
  const all = [...words.map((word) => Buffer.from(word)), ...WORDS]
  return fc
    .tuple(fc.nat(recorded.length - 1), fc.array(change, { minLength: 1, maxLength: changesMax }))
    .map(([index, changes]) =>
      changes.reduce(
        (bytes, one) => apply(bytes, one, recorded, all),
        recorded[index] ?? Buffer.alloc(0),
      ),
    )
}

function apply(
  bytes: Buffer,
  { kind, at, length, byte, pick }: Change,
  recorded: readonly Buffer[],
  words: readonly Buffer[],
): Buffer {
  const place = Math.floor(at * (bytes.length + 1))
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
  const piece = after.subarray(0, length)
  const rest = after.subarray(length)
  switch (kind) {
    case 'flip':
      return Buffer.concat([
        before,
        Buffer.from(after.subarray(0, 1)).map((one) => one ^ (1 << (byte % 8))),
        after.subarray(1),
      ])
    case 'set':
      return Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), after])
    case 'remove':
      return Buffer.concat([before, rest])
    case 'repeat':
      return Buffer.concat([before, ...Array.from({ length: 2 + (byte % 4) }, () => piece), rest])
    case 'move':
      return Buffer.concat([rest, piece, before])
    case 'cut':
      return before
    case 'word':
      return Buffer.concat([
        before,
        words[pick % words.length] ?? piece,
        byte % 2 === 0 ? after : rest,
      ])
    case 'splice': {
      const other = recorded[pick % recorded.length] ?? bytes
      return Buffer.concat([before, other.subarray(Math.floor(at * other.length))])
    }
  }
}
