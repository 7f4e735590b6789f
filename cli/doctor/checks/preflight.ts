import { defineCheck, passed } from '../model/check.ts'
import type { Visit } from '../model/visit.ts'
import type { HttpAnswer } from '../wire/http.ts'
import { textOf } from '../wire/words.ts'

interface Question {
  readonly what: string
  readonly url: string
  readonly method: string
  readonly headers: readonly string[]
}

const MCP_HEADERS = ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-session-id']

export const preflight = defineCheck({
  id: 'preflight',
  stage: 'discovery',
  title: 'Preflight (CORS)',
  about:
    'A browser that asks with OPTIONS whether a web page may send what MCP clients send is told that it may: at the MCP endpoint, both metadata, registration and token endpoint.',
  needs: ['server'],
  appliesTo: ({ isWebPage }) => isWebPage === true,
  faults: {
    refused: {
      severity: 'error',
      meaning: 'The browser does not even send the request of the web page.',
      cure: 'Answer OPTIONS without a token, by 204 with `Access-Control-Allow-Origin`; MCP_CORS_ORIGINS lists the origins at this gateway.',
    },
    headers: {
      severity: 'error',
      meaning: 'The browser does not let the web page send a header that MCP needs.',
      cure: 'Let `Access-Control-Allow-Headers` have `authorization, content-type, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id`.',
    },
  },
  async run(visit, find) {
    const questions = questionsFor(visit)
    const answers = await Promise.all(
      questions.map(async (question) => ({ question, answer: await ask(visit, question) })),
    )
    const refused = answers.filter(({ answer }) => !allowsOrigin(answer, visit.origin))
    if (refused.length > 0) {
      const told = refused.map(({ question, answer }) => `${question.what} (${answer.status})`)
      return find('refused', `${visit.origin} may not ask: ${told.join(', ')}`)
    }
    for (const { question, answer } of answers) {
      const missing = question.headers.filter((name) => !allowsHeader(answer, name))
      if (missing.length > 0)
        return find('headers', `${question.what} does not allow ${missing.join(', ')}`)
    }
    return passed(`${visit.origin} may ask ${questions.map(({ what }) => what).join(', ')}`)
  },
})

function questionsFor({ url, facts }: Visit): Question[] {
  const { document = {}, url: serverUrl, tokenEndpoint } = facts.server ?? {}
  const ofMetadata = ['mcp-protocol-version']
  const all: (Omit<Question, 'url'> & { url: string | undefined })[] = [
    { what: 'the MCP endpoint', url, method: 'POST', headers: MCP_HEADERS },
    {
      what: 'the resource metadata',
      url: facts.resourceMetadata?.url,
      method: 'GET',
      headers: ofMetadata,
    },
    { what: 'the server metadata', url: serverUrl, method: 'GET', headers: ofMetadata },
    {
      what: 'registration',
      url: textOf(document['registration_endpoint']),
      method: 'POST',
      headers: ['content-type'],
    },
    {
      what: 'the token endpoint',
      url: tokenEndpoint,
      method: 'POST',
      headers: ['content-type', 'authorization'],
    },
  ]
  return all.filter((one): one is Question => one.url !== undefined)
}

function ask(
  { http, client, origin }: Visit,
  { url, method, headers }: Question,
): Promise<HttpAnswer> {
  return http({
    url,
    method: 'OPTIONS',
    headers: {
      ...client.headers,
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers.join(','),
    },
  })
}

function allowsOrigin({ status, headers }: HttpAnswer, origin: string): boolean {
  const allowed = headers.get('access-control-allow-origin')
  return status < 300 && (allowed === '*' || allowed === origin)
}

/** `*` does not mean `authorization` (Fetch standard, CORS-preflight fetch). */
function allowsHeader({ headers }: HttpAnswer, name: string): boolean {
  const allowed = (headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  return allowed.includes(name) || (name !== 'authorization' && allowed.includes('*'))
}
