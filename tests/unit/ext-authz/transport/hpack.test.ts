import { randomBytes, randomInt } from 'node:crypto'
import test from 'ava'
import { FieldDecoder } from '../../../../ext-authz/transport/http2/hpack/decoder.ts'
import { type Field, KIND } from '../../../../ext-authz/transport/http2/hpack/field.ts'
import { CODE, ConnectionError } from '../../../../ext-authz/transport/http2/protocol.ts'

function decode(decoder: FieldDecoder, block: Buffer): [string, string][] {
  const fields: [string, string][] = []
  decoder.decode(block, 0, block.length, ({ name, value }) => fields.push([name, value]))
  return fields
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

interface Example {
  readonly block: string
  readonly fields: readonly (readonly [string, string])[]
  readonly tableBytes: number
}

const REQUESTS: readonly Example['fields'][] = [
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
]
const DATES = ['Mon, 21 Oct 2013 20:13:21 GMT', 'Mon, 21 Oct 2013 20:13:22 GMT'] as const
const LOCATION = ['location', 'https://www.example.com'] as const
const COOKIE = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'
const RESPONSES: readonly Example['fields'][] = [
  [[':status', '302'], ['cache-control', 'private'], ['date', DATES[0]], LOCATION],
  [[':status', '307'], ['cache-control', 'private'], ['date', DATES[0]], LOCATION],
  [
    [':status', '200'],
    ['cache-control', 'private'],
    ['date', DATES[1]],
    LOCATION,
    ['content-encoding', 'gzip'],
    ['set-cookie', COOKIE],
  ],
]

function series(all: readonly Example['fields'][], blocks: readonly string[], sizes: number[]) {
  return all.map((fields, index) => ({
    fields,
    block: blocks[index] ?? '',
    tableBytes: sizes[index] ?? 0,
  }))
}

/** RFC 7541, appendix C: each series on one table. */
const APPENDIX_C: Readonly<Record<string, { tableMax: number; examples: readonly Example[] }>> = {
  'C.2.1 literal with indexing': {
    tableMax: 4096,
    examples: [
      {
        block: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
        fields: [['custom-key', 'custom-header']],
        tableBytes: 55,
      },
    ],
  },
  'C.2.2 literal without indexing': {
    tableMax: 4096,
    examples: [
      {
        block: '040c 2f73 616d 706c 652f 7061 7468',
        fields: [[':path', '/sample/path']],
        tableBytes: 0,
      },
    ],
  },
  'C.2.3 literal never indexed': {
    tableMax: 4096,
    examples: [
      {
        block: '1008 7061 7373 776f 7264 0673 6563 7265 74',
        fields: [['password', 'secret']],
        tableBytes: 0,
      },
    ],
  },
  'C.2.4 indexed': {
    tableMax: 4096,
    examples: [{ block: '82', fields: [[':method', 'GET']], tableBytes: 0 }],
  },
  'C.3 requests without Huffman': {
    tableMax: 4096,
    examples: series(
      REQUESTS,
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
      [57, 110, 164],
    ),
  },
  'C.4 requests with Huffman': {
    tableMax: 4096,
    examples: series(
      REQUESTS,
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
      [57, 110, 164],
    ),
  },
  'C.5 responses without Huffman': {
    tableMax: 256,
    examples: series(
      RESPONSES,
      [
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '4803 3330 37c1 c0bf',
        '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
      ],
      [222, 222, 215],
    ),
  },
  'C.6 responses with Huffman': {
    tableMax: 256,
    examples: series(
      RESPONSES,
      [
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        '4883 640e ffc1 c0bf',
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ],
      [222, 222, 215],
    ),
  },
}

for (const [name, { tableMax, examples }] of Object.entries(APPENDIX_C)) {
  test(`reads ${name} of RFC 7541`, (t) => {
    const decoder = new FieldDecoder(tableMax)
    for (const { block, fields, tableBytes } of examples) {
      t.deepEqual(decode(decoder, hex(block)), fields as [string, string][])
      t.is(decoder.tableBytes, tableBytes)
    }
  })
}

/** Each must be COMPRESSION_ERROR: the tables of both sides would differ. */
const UNREADABLE: Readonly<Record<string, readonly [block: string, why: RegExp]>> = {
  'index 0': ['80', /index of nothing/],
  'an index beyond both tables': ['be', /index of nothing/],
  'a name beyond both tables': ['7e0161', /index of nothing/],
  'a table larger than announced': ['3fe21f', /table beyond its bound/],
  'a table’s size behind a field': ['8220', /size after a field/],
  'a number that never ends': ['ffffffffffffffffff', /number beyond any use/],
  'a number cut off': ['ff80', /ends early/],
  'a string beyond its block': ['40056162', /string beyond its block/],
  'a string’s length cut off': ['40', /ends early/],
  'a value cut off': ['400161', /ends early/],
  // "a" is 00011: three bits of padding fill its byte.
  'padding of eight ones': ['00821fff0161', /no Huffman code/],
  'padding of zeros': ['0081180161', /no Huffman code/],
  'the end of string within it': ['0084ffffffff0161', /no Huffman code/],
}

for (const [name, [block, why]] of Object.entries(UNREADABLE)) {
  test(`refuses ${name}`, (t) => {
    const error = t.throws(() => decode(new FieldDecoder(4096), hex(block)), {
      instanceOf: ConnectionError,
      message: why,
    })
    t.is(error?.code, CODE.compression)
  })
}

test('padding of seven ones and fewer is none', (t) => {
  t.deepEqual(decode(new FieldDecoder(4096), hex('00811f0162')), [['a', 'b']])
})

test('the table shrinks and grows as the peer says, up to its bound', (t) => {
  const decoder = new FieldDecoder(4096)
  decode(decoder, hex('400161 0162 400163 0164'))
  t.is(decoder.tableBytes, 68)
  decode(decoder, hex('3f0f'))
  t.is(decoder.tableBytes, 34, '46 bytes hold the newer one')
  t.deepEqual(decode(decoder, hex('be')), [['c', 'd']])
  decode(decoder, hex('20 3fe11f'))
  t.is(decoder.tableBytes, 0)
  t.throws(() => decode(decoder, hex('be')))
})

test('an entry larger than the table empties it, and is a field all the same', (t) => {
  const decoder = new FieldDecoder(64)
  decode(decoder, hex('400161 0162'))
  const long = Buffer.concat([hex('400178 28'), Buffer.alloc(40, 'y')])
  t.deepEqual(decode(decoder, long), [['x', 'y'.repeat(40)]])
  t.is(decoder.tableBytes, 0)
})

test('an entry may be named by the one that it drives out', (t) => {
  const decoder = new FieldDecoder(64)
  decode(decoder, Buffer.concat([hex('4004'), Buffer.from('name'), hex('04'), Buffer.from('once')]))
  const again = Buffer.concat([hex('7e06'), Buffer.from('behind')])
  t.deepEqual(decode(decoder, again), [['name', 'behind']])
  t.is(decoder.tableBytes, 42)
})

test('the table turns over a thousand times and each index finds its own', (t) => {
  const decoder = new FieldDecoder(4096)
  for (let count = 0; count < 20_000; count += 1) {
    const name = String(count).padStart(6, '0')
    decode(decoder, Buffer.concat([hex('4006'), Buffer.from(name), hex('00')]))
    const age = randomInt(0, Math.min(count + 1, 107))
    const expected = String(count - age).padStart(6, '0')
    const index = age < 65 ? Buffer.from([0x80 + 62 + age]) : Buffer.from([0xff, 62 + age - 127])
    const found = decode(decoder, index)
    if (found[0]?.[0] !== expected) t.fail(`${found[0]?.[0]} instead of ${expected}`)
  }
  t.pass()
})

test('random bytes are fields or COMPRESSION_ERROR, never anything else', (t) => {
  let readable = 0
  for (let count = 0; count < 20_000; count += 1) {
    const decoder = new FieldDecoder(4096)
    try {
      decode(decoder, randomBytes(randomInt(0, 60)))
      readable += 1
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.code !== CODE.compression) throw error
    }
    if (decoder.tableBytes > 4096) t.fail('the table is beyond its bound')
  }
  t.true(readable > 100, `${readable} were readable`)
})

const MALFORMED: Readonly<Record<string, readonly [string, string]>> = {
  'a capital letter in the name': ['Content-Type', 'a'],
  'a blank in the name': ['a b', 'a'],
  'a colon in the name': ['a:b', 'a'],
  'an unknown pseudo-header': [':status', '200'],
  'a name that is not ASCII': ['\u00e4', 'a'],
  'a line feed in the value': ['a', 'b\nc'],
  'a zero byte in the value': ['a', 'b\0c'],
  'a blank before the value': ['a', ' b'],
  'a tab behind the value': ['a', 'b\t'],
  'a connection’s field': ['connection', 'close'],
  'te that is not trailers': ['te', 'gzip'],
}

for (const [name, [field, value]] of Object.entries(MALFORMED)) {
  test(`marks ${name}`, (t) => {
    const seen: Field[] = []
    const bytes = [Buffer.from([0, field.length]), Buffer.from(field, 'latin1')]
    const block = Buffer.concat([...bytes, Buffer.from([value.length]), Buffer.from(value)])
    new FieldDecoder(4096).decode(block, 0, block.length, (one) => seen.push(one))
    t.is(seen[0]?.kind, KIND.malformed)
  })
}
