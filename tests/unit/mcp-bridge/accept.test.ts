import test from 'ava'
import { parseAccept } from '../../../mcp-bridge/accept.ts'

for (const [header, json, stream] of [
  [undefined, true, true],
  ['', true, true],
  ['*/*', true, true],
  ['application/json, text/event-stream', true, true],
  ['Application/JSON;q=0.5,TEXT/EVENT-STREAM', true, true],
  ['application/json', true, false],
  ['application/*', true, false],
  ['text/event-stream', false, true],
  ['text/*', false, true],
  ['text/event-stream, application/json;q=0', false, true],
  ['application/json, text/event-stream;q=0.0', true, false],
  ['text/html', true, false],
  ['application/jsonp', true, false],
  ['text/event-streams', true, false],
] as const) {
  test(`${header} reads ${json ? 'JSON' : ''} ${stream ? 'streams' : ''}`, (t) => {
    t.deepEqual(parseAccept(header), { json, stream })
  })
}
