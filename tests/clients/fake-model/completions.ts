/** OpenAI's Chat Completions API, which many others speak too. */

import { type Dialect, ID, listOf, MODEL, textIn } from './dialect.ts'

export const completions: Dialect = {
  asks: (path) => path.endsWith('/chat/completions'),
  read({ tools, messages }) {
    const result = listOf(messages).findLast(({ role }) => role === 'tool')
    return {
      tools: listOf(tools).map((tool) => String((tool['function'] as { name?: string })?.name)),
      result: result && textIn(result['content']),
    }
  },
  write(answer) {
    const calls =
      'tool' in answer
        ? {
            tool_calls: [
              { index: 0, id: 'call_1', type: 'function', function: functionOf(answer.tool) },
            ],
          }
        : { content: answer.text }
    const finish_reason = 'tool' in answer ? 'tool_calls' : 'stop'
    const chunk = (
      delta: object,
      reason: string | null,
    ): { data: Readonly<Record<string, unknown>> } => ({
      data: {
        id: ID,
        object: 'chat.completion.chunk',
        created: 0,
        model: MODEL,
        choices: [{ index: 0, delta, finish_reason: reason }],
      },
    })
    return [
      chunk({ role: 'assistant', ...calls }, null),
      chunk({}, finish_reason),
      { data: '[DONE]' },
    ]
  },
}

function functionOf(name: string): object {
  return { name, arguments: '{}' }
}
