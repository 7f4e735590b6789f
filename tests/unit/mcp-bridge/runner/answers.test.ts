import test from 'ava'
import { toValidAnswer } from '../../../../mcp-bridge/runner/answers.ts'

const head = { jsonrpc: '2.0', id: 1 } as const
const said = 'the server answered with an error'

for (const [title, answer, valid] of [
  ['a result', { result: { a: 1 } }, { result: { a: 1 } }],
  ['a result of null', { result: null }, { result: null }],
  ['an error', { error: { code: -1, message: 'm', data: 1 } }, 'the same'],
  ['a result beside an error of null', { result: 1, error: null }, { result: 1 }],
  ['both', { result: 1, error: { code: 5, message: 'm' } }, { error: { code: 5, message: 'm' } }],
  ['an error alone of null', { error: null }, { error: { code: -32603, message: said } }],
  ['no code', { error: { message: 'm', x: 1 } }, { error: { code: -32603, message: 'm', x: 1 } }],
  ['a code of text', { error: { code: '5' } }, { error: { code: -32603, message: said } }],
  ['an error of text', { error: 'went wrong' }, { error: { code: -32603, message: 'went wrong' } }],
  ['an error of an array', { error: [1] }, { error: { code: -32603, message: said } }],
] as const) {
  test(`${title} becomes what a client can read`, (t) => {
    const whole = { ...head, ...answer }
    t.deepEqual(toValidAnswer(whole), valid === 'the same' ? whole : { ...head, ...valid })
  })
}

test('fields that nobody knows stay', (t) => {
  t.deepEqual(toValidAnswer({ ...head, result: 1, error: null, extra: 2 } as never), {
    ...head,
    result: 1,
    extra: 2,
  } as never)
})
