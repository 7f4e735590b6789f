import { defineCheck, passed } from '../model/check.ts'
import { knock } from '../wire/mcp.ts'
import { fetchMetadata } from '../wire/metadata.ts'

const EXPOSED = ['www-authenticate', 'mcp-session-id']

export const corsAnswer = defineCheck({
  id: 'cors-answer',
  stage: 'discovery',
  title: 'Answers to web pages (CORS)',
  about:
    'The answers themselves may be read by the web page, a 401 too, and `WWW-Authenticate` and `Mcp-Session-Id` are exposed to it.',
  needs: ['server'],
  appliesTo: ({ isWebPage }) => isWebPage === true,
  faults: {
    unreadable: {
      severity: 'error',
      meaning: 'The browser hides the answer from the web page, which sees a network error.',
      cure: 'Send `Access-Control-Allow-Origin` with every answer, refusals as well: add it where 401 is answered, not behind it.',
    },
    not_exposed: {
      severity: 'error',
      meaning:
        'The web page gets the answer and not this header: it finds no login, or loses its session.',
      cure: 'Send `Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id`.',
    },
  },
  async run(visit, find) {
    const { origin, facts } = visit
    const refusal = await knock(visit)
    const answers = [
      ['the 401 of the MCP endpoint', refusal],
      ['the server metadata', await fetchMetadata(visit, facts.server?.url ?? visit.url)],
    ] as const
    for (const [what, { headers }] of answers) {
      const allowed = headers.get('access-control-allow-origin')
      if (allowed !== '*' && allowed !== origin) {
        return find(
          'unreadable',
          `${what} has ${allowed === null ? 'no' : 'another'} Access-Control-Allow-Origin`,
        )
      }
    }
    const exposed = (refusal.headers.get('access-control-expose-headers') ?? '')
      .toLowerCase()
      .split(/\s*,\s*/)
    const hidden = EXPOSED.filter((name) => !exposed.includes(name) && !exposed.includes('*'))
    return hidden.length === 0
      ? passed(`${origin} may read them`)
      : find('not_exposed', hidden.join(', '))
  },
})
