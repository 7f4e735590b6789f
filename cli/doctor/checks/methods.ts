import { defineCheck, passed } from '../model/check.ts'
import { knock } from '../wire/mcp.ts'

/** HEAD: Gemini CLI, Qwen Code. GET with the oldest version: Codex, rmcp. */
const REQUESTS = [
  { method: 'POST' },
  { method: 'GET' },
  { method: 'HEAD' },
  { method: 'DELETE' },
  { method: 'GET', headers: { 'mcp-protocol-version': '2024-11-05' } },
] as const

export const methods = defineCheck({
  id: 'methods',
  stage: 'discovery',
  title: 'Every method',
  about:
    'Without a token POST, GET, HEAD and DELETE are all answered with 401, whatever protocol version is named: clients open with any of them.',
  needs: [],
  once: true,
  faults: {
    not_401: {
      severity: 'error',
      meaning: 'A client that opens with this method never finds the login.',
      cure: 'Check the token first: 401 comes before 400, 404, 405, 406 and 415.',
    },
    let_in: {
      severity: 'error',
      meaning: 'Without a token this method is let in, and others are not.',
      cure: 'Protect the whole address, not single methods.',
    },
  },
  async run(visit, find) {
    const answers = await Promise.all(REQUESTS.map((request) => knock(visit, request)))
    const told = answers.map(({ method, status }) => `${method} ${status}`)
    if (answers.every(({ status }) => status === 401)) return passed('POST, GET, HEAD, DELETE: 401')
    const isLetIn = answers.some(({ status }) => status < 300)
    return find(isLetIn ? 'let_in' : 'not_401', told.join(', '))
  },
})
