/** Google's Gemini API. */

import { type Dialect, type Json, listOf, MODEL, textIn } from './dialect.ts'

export const gemini: Dialect = {
  asks: (path) => /:(?:stream)?generateContent$/i.test(path),
  read({ tools, contents }) {
    const parts = listOf(contents).flatMap(({ parts: all }) => listOf(all))
    const result = parts.findLast(({ functionResponse }) => functionResponse !== undefined)
    const declared = listOf(tools).flatMap((tool) => listOf(tool['functionDeclarations']))
    return {
      tools: declared.map(({ name }) => String(name)),
      result: result && textIn(result['functionResponse']),
    }
  },
  write(answer) {
    const part: Json =
      'tool' in answer ? { functionCall: { name: answer.tool, args: {} } } : { text: answer.text }
    const candidate = { content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }
    const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 }
    return [{ data: { candidates: [candidate], usageMetadata, modelVersion: MODEL } }]
  },
}
