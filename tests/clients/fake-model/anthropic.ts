/** Anthropic's Messages API. */

import { type Dialect, ID, type Json, listOf, MODEL, textIn } from './dialect.ts'

const USAGE = { input_tokens: 1, output_tokens: 1 }

export const anthropic: Dialect = {
  asks: (path) => path.endsWith('/v1/messages'),
  read({ tools, messages }) {
    const parts = listOf(messages).flatMap(({ content }) => listOf(content))
    const result = parts.findLast(({ type }) => type === 'tool_result')
    return {
      tools: listOf(tools).map(({ name }) => String(name)),
      result: result && textIn(result['content']),
    }
  },
  write(answer) {
    const [block, delta] = 'tool' in answer ? asCall(answer.tool) : asText(answer.text)
    const stop_reason = 'tool' in answer ? 'tool_use' : 'end_turn'
    const message = { id: ID, type: 'message', role: 'assistant', model: MODEL, content: [] }
    return [
      { type: 'message_start', message: { ...message, stop_reason: null, usage: USAGE } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: USAGE },
      { type: 'message_stop' },
    ].map((data) => ({ event: data.type, data }))
  },
}

function asCall(name: string): [Json, Json] {
  const block = { type: 'tool_use', id: 'toolu_1', name, input: {} }
  return [block, { type: 'input_json_delta', partial_json: '{}' }]
}

function asText(text: string): [Json, Json] {
  return [
    { type: 'text', text: '' },
    { type: 'text_delta', text },
  ]
}
