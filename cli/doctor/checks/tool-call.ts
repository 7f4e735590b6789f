import { defineCheck, passed, skipped } from '../model/check.ts'
import type { Tool } from '../model/facts.ts'
import type { ToolWish, Visit } from '../model/visit.ts'
import { call } from '../wire/mcp.ts'
import { inWords, plain } from '../wire/words.ts'

/** Known to do nothing, by name and arguments: the examples of the SDKs, and this gateway's own. */
const HARMLESS: readonly ToolWish[] = [{ name: 'echo', arguments: { message: 'gateway doctor' } }]

export const toolCall = defineCheck({
  id: 'tool-call',
  stage: 'mcp',
  title: 'Tool call',
  about:
    'A tool is called and answers: the one that `--tool` names, else one that does no harm (`echo`, or one that says it only reads and needs no arguments).',
  needs: ['session', 'tools'],
  faults: {
    failed: {
      severity: 'error',
      meaning: 'The tool is listed and cannot be called.',
      cure: 'See the error; 403 asks for a scope that the client was not told of, 5xx is the server behind: `gateway logs mcp-bridge` at this gateway.',
    },
    tool_error: {
      severity: 'warning',
      meaning: 'The call arrives, and the tool itself reports an error.',
      cure: 'Call it by hand to see why: `gateway call URL TOOL key=value`; or name another one with --tool.',
    },
  },
  async run(visit, find) {
    const wish = choose(visit)
    if (wish === undefined) {
      return skipped(
        'no tool is known to do no harm: name one with --tool NAME and --arguments JSON',
      )
    }
    const { session } = visit.facts
    const params = { ...wish }
    const { http, result, error } = await call(visit, {
      method: 'tools/call',
      params,
      ...(session && { session }),
    })
    if (result === undefined) {
      const words = error === undefined ? '' : `: ${plain(String(error.message))}`
      return find('failed', `${plain(wish.name)} answered ${inWords(http)}${words}`)
    }
    return result['isError'] === true
      ? find('tool_error', plain(wish.name))
      : passed(plain(wish.name))
  },
})

function choose({ tool, facts }: Visit): ToolWish | undefined {
  if (tool !== undefined) return tool
  const { tools = [] } = facts
  const known = HARMLESS.find((wish) => tools.some((one) => fits(one, wish)))
  if (known !== undefined) return known
  const reading = tools.find(({ isReadOnly, required }) => isReadOnly && required.length === 0)
  return reading && { name: reading.name, arguments: {} }
}

function fits({ name, required }: Tool, wish: ToolWish): boolean {
  return name === wish.name && required.every((one) => one in wish.arguments)
}
