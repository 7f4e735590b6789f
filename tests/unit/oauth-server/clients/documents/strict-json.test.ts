import test from 'ava'
import { parseStrictJson } from '../../../../../oauth-server/clients/documents/strict-json.ts'

test('an object means what JSON says', (t) => {
  const document = { a: [{ b: '"x":{}\\' }, { b: 1 }], b: { a: null, 'c:': true }, '"': '}' }
  t.deepEqual(parseStrictJson(JSON.stringify(document)), document)
  t.deepEqual(parseStrictJson(' {"constructor":"x","n":[[],[]]} '), {
    constructor: 'x',
    n: [[], []],
  })
})

const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

for (const [name, text, message] of [
  ['nothing', '', 'it is not JSON'],
  ['a page', '<html>', 'it is not JSON'],
  ['half', '{"a":', 'it is not JSON'],
  ['two', '{}{}', 'it is not JSON'],
  ['a comment', '{} // x', 'it is not JSON'],
  ['a list', '[{}]', 'it is not a JSON object'],
  ['a text', '"a:b"', 'it is not a JSON object'],
  ['null', 'null', 'it is not a JSON object'],
  ['a member twice', '{"a":1,"b":2,"a":1}', 'it has a member twice'],
  ['a member twice in another spelling', '{"a":1,"\\u0061":1}', 'it has a member twice'],
  ['a member twice further in', '{"a":[{"b":1,"b":2}]}', 'it has a member twice'],
  ['__proto__', '{"__proto__":{"x":1}}', 'it has a member that no metadata has'],
  ['__proto__ in disguise', '{"a":{"\\u005f_proto__":1}}', 'it has a member that no metadata has'],
  ['a tower', nested(10), 'it is nested too deeply'],
  ['a tower of 5000', nested(5000), 'it is nested too deeply'],
  ['half a tower', '['.repeat(10_000), 'it is not JSON'],
  ['quotes without end', `{"a":"${'\\"'.repeat(30_000)}`, 'it is not JSON'],
] as const) {
  test(`refused: ${name}`, (t) => {
    t.throws(() => parseStrictJson(text), { message, code: 'invalid_client_metadata' })
    t.is(({} as Record<string, unknown>)['x'], undefined)
  })
}

test('nine levels below the object are enough for everybody', (t) => {
  t.notThrows(() => parseStrictJson(nested(9)))
})
