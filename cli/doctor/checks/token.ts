import { defineCheck, passed } from '../model/check.ts'
import { readTokens, revokeAll, sendCode } from '../wire/token-request.ts'
import { inWords, isRedirect, objectOf } from '../wire/words.ts'

export const token = defineCheck({
  id: 'token',
  stage: 'login',
  title: 'Token',
  about:
    'The code buys an access token, and a refresh token with it, in a JSON answer that nobody may keep (RFC 6749 section 5.1).',
  needs: ['code', 'request'],
  faults: {
    redirected: {
      severity: 'error',
      meaning: 'A redirect loses the code, or shows it to somebody else.',
      cure: 'Serve the endpoint at the address that the metadata names.',
    },
    not_json: {
      severity: 'error',
      meaning:
        'Something answers in place of the token endpoint, with success and without a token: a login wall, a bot check, a start page.',
      cure: 'Route the token endpoint to the authorization server, and let no proxy answer with pages.',
    },
    refused: {
      severity: 'error',
      meaning: 'The login is done and the client does not get its token.',
      cure: 'See the error: `invalid_client` is the way the client proves itself, `invalid_grant` the code, its redirect URI or the PKCE verifier, `invalid_target` the `resource`.',
    },
    server_error: {
      severity: 'error',
      meaning: 'The token endpoint fails with this request.',
      cure: 'See the log of the authorization server at this moment.',
    },
    no_token: {
      severity: 'error',
      meaning: 'The answer has no `access_token`, or `token_type` is not `Bearer`.',
      cure: 'Answer with both (RFC 6749 section 5.1).',
    },
    cacheable: {
      severity: 'warning',
      meaning: 'Somebody in between may keep the tokens.',
      cure: 'Send `Cache-Control: no-store` with every answer of the token endpoint.',
    },
    no_refresh_token: {
      severity: 'warning',
      meaning: 'People log in again each time the access token ends.',
      cure: 'Issue a refresh token to every client that did not register for `authorization_code` alone.',
    },
  },
  async run(visit, find) {
    const { code, request } = visit.facts
    if (code === undefined || request === undefined) return undefined
    const answer = await sendCode(visit, { ...request, code })
    const told = `answered ${inWords(answer)}`
    if (isRedirect(answer)) return find('redirected', told)
    if (answer.status >= 500) return find('server_error', told)
    if (answer.status >= 400) return find('refused', told)
    if (objectOf(answer) === undefined) return find('not_json', told)
    const tokens = readTokens(visit, answer)
    if (tokens === undefined) return find('no_token', told)
    visit.facts.tokens = tokens
    if (tokens.refreshToken !== undefined) visit.facts.refreshToken = tokens.refreshToken
    visit.leftBehind.set('tokens', () => revokeAll(visit))
    if (!/no-store/i.test(answer.headers.get('cache-control') ?? '')) return find('cacheable', told)
    if (tokens.refreshToken === undefined) return find('no_refresh_token', told)
    return passed(
      `access and refresh token${tokens.scope === undefined ? '' : ` for ${tokens.scope}`}`,
    )
  },
})
