import { defineCheck, passed } from '../model/check.ts'
import type { McpSession } from '../model/facts.ts'
import { keepSecret, type Visit } from '../model/visit.ts'
import {
  call,
  endSession,
  initializeParams,
  notify,
  type RpcAnswer,
  SESSION_VERSION,
} from '../wire/mcp.ts'
import { inWords, isRedirect, plain, textOf } from '../wire/words.ts'

export const session = defineCheck({
  id: 'session',
  stage: 'mcp',
  title: 'MCP session',
  about:
    'The MCP server lets the token in and opens a conversation: `server/discover` where the client knows it, else `initialize` and `notifications/initialized`.',
  needs: ['tokens'],
  faults: {
    token_refused: {
      severity: 'error',
      meaning:
        'A token that was issued a moment ago for this very resource is refused: the client fails for good, or logs in in a circle.',
      cure: 'Compare the token’s audience with `resource` to the byte, its issuer with the metadata’s, and the clocks of both servers; `gateway explain --url URL --token -` shows which step refuses at this gateway.',
    },
    forbidden: {
      severity: 'error',
      meaning: 'The token is good and does not suffice.',
      cure: 'Name the scope that is needed in the challenge and in `scopes_supported` of the resource, so that clients ask for it; or see the access rules.',
    },
    redirected: {
      severity: 'error',
      meaning: 'Clients do not send a token on to another address.',
      cure: 'Serve the MCP endpoint at the very address that people are given.',
    },
    upstream: {
      severity: 'error',
      meaning: 'The way to the MCP server is open, and the server behind it fails.',
      cure: 'See its log: `gateway logs mcp-bridge`; `gateway services test NAME` starts it apart from everything.',
    },
    not_mcp: {
      severity: 'error',
      meaning: 'The answer is no MCP: a page, or nothing.',
      cure: 'See that the address is the MCP endpoint itself, and what a proxy does to `Accept` and to event streams.',
    },
    rpc_error: {
      severity: 'error',
      meaning: 'The MCP server refuses to begin.',
      cure: 'See the error; a server must answer with a version of its own when it does not know the one that is asked for.',
    },
    not_accepted: {
      severity: 'warning',
      meaning: '`notifications/initialized` is to be answered with 202.',
      cure: 'Answer notifications with 202 and no body.',
    },
  },
  async run(visit, find) {
    const { answer, session: opened } = await open(visit)
    const told = `answered ${inWords(answer.http)}`
    if (opened === undefined)
      return find(
        kindOf(answer),
        answer.error === undefined ? told : `${told}: ${plain(String(answer.error.message))}`,
      )
    visit.facts.session = opened
    if (opened.era === 'discover') return passed(`server/discover, version ${opened.version}`)
    visit.leftBehind.set('session', () => endSession(visit, opened))
    const accepted = await notify(visit, 'notifications/initialized', opened)
    if (accepted.status !== 202) return find('not_accepted', `answered ${inWords(accepted)}`)
    return passed(
      `initialize, version ${opened.version}${opened.id === undefined ? ', without a session id' : ''}`,
    )
  },
})

/** The newer era first where the client knows it; a server that does not is asked as before. */
async function open(visit: Visit): Promise<{ answer: RpcAnswer; session: McpSession | undefined }> {
  const { opens, version } = visit.client.wire
  if (opens === 'discover') {
    const wanted = { era: 'discover', version, id: undefined } as const
    const answer = await call(visit, { method: 'server/discover', session: wanted })
    if (answer.result !== undefined) return { answer, session: wanted }
    // A refused token is refused in each era.
    if ([401, 403].includes(answer.http.status)) return { answer, session: undefined }
  }
  const params = initializeParams(opens === 'discover' ? SESSION_VERSION : version)
  const answer = await call(visit, { method: 'initialize', params })
  const agreed = textOf(answer.result?.['protocolVersion'])
  if (agreed === undefined) return { answer, session: undefined }
  const id = answer.http.headers.get('mcp-session-id') ?? undefined
  if (id !== undefined) keepSecret(visit, id)
  return { answer, session: { era: 'initialize', version: agreed, id } }
}

function kindOf({ http, error }: RpcAnswer) {
  if (http.status === 401) return 'token_refused'
  if (http.status === 403) return 'forbidden'
  if (isRedirect(http)) return 'redirected'
  if (http.status >= 500) return 'upstream'
  return error === undefined ? 'not_mcp' : 'rpc_error'
}
