import { defineCheck, passed } from '../model/check.ts'
import type { Tool } from '../model/facts.ts'
import { call } from '../wire/mcp.ts'
import { inWords, listOf, plain, recordOf } from '../wire/words.ts'

export const toolsList = defineCheck({
  id: 'tools-list',
  stage: 'mcp',
  title: 'List of tools',
  about: 'The MCP server lists its tools.',
  needs: ['session'],
  faults: {
    failed: {
      severity: 'error',
      meaning: 'The client shows a server without tools, or none at all.',
      cure: 'See the log of the MCP server; `gateway services test NAME` starts it apart from everything and lists its tools.',
    },
    none: {
      severity: 'warning',
      meaning: 'The server has no tools for this login.',
      cure: 'See whether scopes or the rules for tools (`tools` in gateway.yaml) hide them.',
    },
  },
  async run(visit, find) {
    const { session } = visit.facts
    const { http, result, error } = await call(visit, {
      method: 'tools/list',
      ...(session && { session }),
    })
    const found = result?.['tools']
    if (!Array.isArray(found)) {
      const words = error === undefined ? '' : `: ${plain(String(error.message))}`
      return find('failed', `answered ${inWords(http)}${words}`)
    }
    const tools = found.filter((one) => recordOf(one) !== undefined).map(toTool)
    visit.facts.tools = tools
    if (tools.length === 0) return find('none', 'the list is empty')
    return passed(`${tools.length}: ${plain(tools.map(({ name }) => name).join(', '))}`)
  },
})

function toTool(value: unknown): Tool {
  const { name, annotations, inputSchema } = value as {
    name?: unknown
    annotations?: { readOnlyHint?: unknown }
    inputSchema?: { required?: unknown }
  }
  return {
    name: String(name),
    isReadOnly: annotations?.readOnlyHint === true,
    required: listOf(inputSchema?.required) ?? [],
  }
}
