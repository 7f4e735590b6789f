/** OpenAI's Responses API. */

import { type Answer, type Dialect, ID, type Json, listOf, MODEL, textIn } from './dialect.ts'

const USAGE = {
  input_tokens: 1,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 1,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 2,
}
/** Between the namespace of a server and the name of its tool, in what this file reads and writes. */
const OF = ' of '

export const responses: Dialect = {
  asks: (path) => path.endsWith('/responses'),
  read({ tools, input }) {
    const result = listOf(input).findLast(({ type }) => type === 'function_call_output')
    return { tools: listOf(tools).flatMap(namesOf), result: result && textIn(result['output']) }
  },
  write(answer) {
    const item = toItem(answer)
    const response = { id: ID, object: 'response', model: MODEL, output: [item], usage: USAGE }
    return [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { ...response, status: 'completed' } },
    ].map((data) => ({ event: data.type, data }))
  },
}

/** A server's tools may come together, in a namespace. */
function namesOf({ type, name, tools }: Json): string[] {
  if (type !== 'namespace') return [String(name ?? type)]
  return listOf(tools).map((tool) => `${tool['name']}${OF}${name}`)
}

function toItem(answer: Answer): Json {
  if ('text' in answer) {
    const content = [{ type: 'output_text', text: answer.text, annotations: [] }]
    return { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }
  }
  const [name, namespace] = answer.tool.split(OF)
  const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', arguments: '{}' }
  return { ...call, name, ...(namespace === undefined ? {} : { namespace }) }
}
