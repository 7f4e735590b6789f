import test from 'ava'
import { callOfOversized } from '../../../../mcp-bridge/runner/oversized.ts'

for (const [title, head, tail, call] of [
  ['at the front', '{"jsonrpc":"2.0","id":7,"result":{"x', 'x"}}', 7],
  ['at the front, before the version', '{"id":7,"jsonrpc":"2.0","result":{"x', 'x"}}', 7],
  ['as Python writes it', '{"jsonrpc": "2.0", "id": 3, "result": {"x', 'x"}}', 3],
  ['with spaces everywhere', ' { "jsonrpc" : "2.0" , "id" : 3 , "result" : "x', 'x" } ', 3],
  ['at the end', '{"result":{"x', '"},"jsonrpc":"2.0","id":12}', 12],
  ['at the end, with spaces', '{"result": {"x', '"}, "jsonrpc": "2.0", "id": 12 }\r', 12],
  ['before the version at the end', '{"result":{"x', '"},"id":12,"jsonrpc":"2.0"}', 12],
  ['within the result only', '{"result":{"x', 'x","id":12}}', undefined],
  ['at the front of the result only', '{"jsonrpc":"2.0","result":{"id":7,"x', 'x"}}', undefined],
  ['within a text only', '{"result":"x', ',\\"id\\":12}"}', undefined],
  ['as a text', '{"jsonrpc":"2.0","id":"7","result"', 'x"}}', undefined],
  ['of more digits than ours', '{"jsonrpc":"2.0","id":1234567890123456,"result"', '}', undefined],
  ['in what is no object', '["id":7,"result"', '"id":7]', undefined],
  ['of an error', '{"jsonrpc":"2.0","id":7,"error":{"message":"x', 'x"}}', 7],
  [
    'of a notification',
    '{"jsonrpc":"2.0","method":"notifications/message","params":{"x',
    'x"}}',
    'none',
  ],
  [
    'of one as Python writes it',
    '{"jsonrpc": "2.0", "method": "notifications/x", "params": "x',
    'x"}',
    'none',
  ],
  [
    'of one with its method at the end',
    '{"params":{"x',
    'x"},"method":"notifications/x","jsonrpc":"2.0"}',
    'none',
  ],
  ['of one whose method is large', `{"jsonrpc":"2.0","method":"${'x'.repeat(200)}`, 'x"}', 'none'],
  [
    'of a request of the server',
    '{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"x',
    'x"}}',
    'none',
  ],
  [
    'of an answer that tells of a method',
    '{"jsonrpc":"2.0","id":7,"result":{"method":"x',
    'x","method":"y"}}',
    7,
  ],
] as const) {
  test(`of an oversized line with an id ${title} the call is ${call}`, (t) => {
    t.is(callOfOversized(head, tail), call)
  })
}

test('ends of whatever kind are looked at quickly', (t) => {
  const begun = performance.now()
  for (const part of ['"', '\\"', ',"a":1', ',"a":"', '{', ' ', ', ', '""', '"a":', '1']) {
    const end = part.repeat(256).slice(0, 256)
    callOfOversized(`{${end}`, `${end}}`)
    callOfOversized(end, end)
  }
  t.true(performance.now() - begun < 100)
})
