import { defineCheck, passed } from '../model/check.ts'
import { knock } from '../wire/mcp.ts'
import { readTokens, sendRefresh, takeRefreshed } from '../wire/token-request.ts'
import { inWords, isRedirect, objectOf } from '../wire/words.ts'

export const refresh = defineCheck({
  id: 'refresh',
  stage: 'renewal',
  title: 'Refresh',
  about:
    'The refresh token buys a new access token, asked for as the client asks (with or without `resource` and `scope`), and the MCP server lets that in.',
  needs: ['refreshToken'],
  faults: {
    refused: {
      severity: 'error',
      meaning: 'The login ends with the first access token: people log in again every hour.',
      cure: 'Accept a refresh with and without `resource`; narrow a `scope` that is larger than what was granted instead of refusing (Codex sends the one it asked for).',
    },
    redirected: {
      severity: 'error',
      meaning: 'A redirect loses the refresh token, or shows it to somebody else.',
      cure: 'Serve the endpoint at the address that the metadata names.',
    },
    server_error: {
      severity: 'error',
      meaning: 'The token endpoint fails with a refresh.',
      cure: 'See the log of the authorization server at this moment.',
    },
    not_json: {
      severity: 'error',
      meaning:
        'Something answers in place of the token endpoint, with success and without a token.',
      cure: 'Route the token endpoint to the authorization server, and let no proxy answer with pages.',
    },
    token_refused: {
      severity: 'error',
      meaning:
        'The token of a refresh is not let in: it lost the audience, or the scope, of the first.',
      cure: 'Issue it for the same resource as the first, also when the refresh does not name it.',
    },
  },
  async run(visit, find) {
    const presented = visit.facts.refreshToken ?? ''
    const answer = await sendRefresh(visit, presented)
    const told = `answered ${inWords(answer)}`
    if (isRedirect(answer)) return find('redirected', told)
    if (answer.status >= 500) return find('server_error', told)
    if (answer.status >= 400) return find('refused', told)
    const tokens = readTokens(visit, answer)
    if (tokens === undefined)
      return find(objectOf(answer) === undefined ? 'not_json' : 'refused', told)
    takeRefreshed(visit, presented, tokens)
    const { status } = await knock(visit, { token: tokens.accessToken })
    return status === 401 || status === 403
      ? find('token_refused', `the MCP server answered ${status}`)
      : passed(told)
  },
})
