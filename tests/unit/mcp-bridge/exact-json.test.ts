import test from 'ava'
import { parseExactly, TooManyValues } from '../../../mcp-bridge/exact-json.ts'
import { MESSAGE_VALUES_MAX } from '../../../mcp-bridge/limits.ts'

for (const text of [
  '{"a":12345678901234567890}',
  '{"a":[1.0,1.50,-1.0,0.0,100.00]}',
  '{"a":1e400,"b":-1E-400,"c":1.5e3,"d":2e+7}',
  '{"a":-0,"b":[-0]}',
  '{"a":0.00000001,"b":123456789.123456789,"c":9007199254740993}',
  '{"id":12,"params":{"id":1234567890123456789,"other":{"id":1.0}}}',
  '{"text":"1e400, 12345678901234567890: [1.0]"}',
  '[{"id":1,"params":[1.0]},{"id":2,"params":[10000000000000000000000]}]',
  '{"a":{"b":[{"c":[1.10]}]},"e":"é","f":null,"g":true,"h":[]}',
]) {
  test(`${text} leaves as it came`, (t) => {
    t.is(JSON.stringify(parseExactly(text)), text)
  })
}

test('with spaces and line breaks too', (t) => {
  t.is(
    JSON.stringify(parseExactly('{ "a" :\n  1.0 ,\t"b": [ 1e2 , -0\n] }')),
    '{"a":1.0,"b":[1e2,-0]}',
  )
})

test('what the bridge compares is plain where that is exact', (t) => {
  const text = '{"id":1.0,"params":{"requestId":2.0,"_meta":{"progressToken":3.0},"x":1.0}}'
  const { id, params } = parseExactly(text) as { id: unknown; params: Record<string, unknown> }
  t.is(id, 1)
  t.is(params['requestId'], 2)
  t.deepEqual(params['_meta'], { progressToken: 3 })
  t.deepEqual((parseExactly('[{"id":1.0},3.0,null]') as { id: unknown }[])[0], { id: 1 })
})

test('of what no double holds equal numbers are the same value, and others are not', (t) => {
  const read = (number: string) => {
    const text = `{"id":${number},"params":{"requestId":${number},"_meta":{"progressToken":${number}}}}`
    const value = parseExactly(text) as { id: unknown; params: Record<string, unknown> }
    t.is(JSON.stringify(value), text)
    return { id: value.id, requestId: value.params['requestId'] }
  }
  const { id, requestId } = read('9007199254740993')
  t.is(requestId, id)
  t.is(read('9007199254740993').id, id)
  t.not(read('9007199254740995').id, id)
})

for (const text of [
  '{"params":{"arguments":{"requestId":9007199254740993,"progressToken":1.0}}}',
  '{"result":{"requestId":9007199254740993,"_meta":{"progressToken":2.0}}}',
]) {
  test(`${text} is compared with nothing, and leaves as it came`, (t) => {
    t.is(JSON.stringify(parseExactly(text)), text)
  })
}

test('ordinary numbers are numbers', (t) => {
  const text = '{"a":[0,1,-1,1.5,0.25,123456789012345,1e2],"b":1732000000000}'
  const { a, b } = parseExactly(text) as { a: unknown[]; b: unknown }
  t.deepEqual(a.slice(0, 6), [0, 1, -1, 1.5, 0.25, 123456789012345])
  t.is(b, 1732000000000)
})

test('many random numbers leave as they came', (t) => {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join('')
  for (let n = 0; n < 2000; n += 1) {
    const whole = Math.random() < 0.3 ? '0' : `${1 + (n % 9)}${digits(n % 20)}`
    const fraction = Math.random() < 0.5 ? '' : `.${digits(1 + (n % 12))}`
    const exponent = Math.random() < 0.8 ? '' : `e${n % 2 === 0 ? '-' : ''}${digits(1 + (n % 3))}`
    const text = `{"a":[1,${n % 3 === 0 ? '-' : ''}${whole}${fraction}${exponent}]}`
    t.is(JSON.stringify(parseExactly(text)), text)
  }
})

test('what is no JSON is none', (t) => {
  for (const text of ['{', '{"a":1.0', '{"a":01}', '']) t.throws(() => parseExactly(text))
})

const listOf = (count: number, value: string): string => `[${Array(count).fill(value).join(',')}]`

for (const value of ['1.0', '[]', '{}', '"x"', '{"a":-0}']) {
  test(`as many ${value} as may be read at once leave as they came, and more are not read`, (t) => {
    // A list or an object counts by its bracket, and by the comma before it.
    const count = MESSAGE_VALUES_MAX / (/^[[{]/.test(value) ? 2 : 1)
    const text = listOf(count, value)
    t.is(JSON.stringify(parseExactly(text)), text)
    t.throws(() => parseExactly(listOf(count + 1, value)), { instanceOf: TooManyValues })
  })
}

test('what stands within a text is no value', (t) => {
  const text = JSON.stringify(['[{,"\\'.repeat(MESSAGE_VALUES_MAX), '\\', ',[', 1])
  t.is(JSON.stringify(parseExactly(text)), text)
  t.throws(() => parseExactly(listOf(MESSAGE_VALUES_MAX, '"\\\\",1')), {
    instanceOf: TooManyValues,
  })
})
