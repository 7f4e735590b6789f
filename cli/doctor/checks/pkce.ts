import { randomBytes } from 'node:crypto'
import { CliError } from '../../cli-error.ts'
import { defineCheck, passed, skipped } from '../model/check.ts'
import { keepSecret } from '../model/visit.ts'
import { toAuthorizationRequest } from '../wire/authorization-request.ts'
import { readTokens, sendForm } from '../wire/token-request.ts'
import { inWords } from '../wire/words.ts'

export const pkce = defineCheck({
  id: 'pkce',
  stage: 'renewal',
  title: 'PKCE by use',
  about:
    'A code that is presented with another verifier than the one it was asked for with buys nothing (RFC 7636 section 4.6).',
  needs: ['client', 'tokens'],
  once: true,
  faults: {
    not_enforced: {
      severity: 'error',
      meaning:
        'Whoever gets hold of a code can use it: the metadata promises PKCE and the server does not check it.',
      cure: 'Compare the verifier with the challenge of the request, and refuse with `invalid_grant`.',
    },
    login_failed: {
      severity: 'warning',
      meaning: 'A second login of the same client did not come back with a code.',
      cure: 'See the log of the authorization server at this moment.',
    },
  },
  async run(visit, find) {
    const { logIn, logsInByItself, facts } = visit
    if (logIn === undefined || !logsInByItself) return skipped('it needs a second login')
    const request = toAuthorizationRequest(visit, facts.client?.clientId ?? '')
    const code = await logIn(request).then(
      (answer) => answer.get('code'),
      (error: unknown) => {
        if (error instanceof CliError) return null
        throw error
      },
    )
    if (code === null) return find('login_failed', 'no code came')
    const answer = await sendForm(visit, facts.server?.tokenEndpoint ?? '', {
      grant_type: 'authorization_code',
      code: keepSecret(visit, code),
      redirect_uri: request.redirectUri,
      code_verifier: randomBytes(32).toString('base64url'),
    })
    const told = `answered ${inWords(answer)}`
    return readTokens(visit, answer) === undefined ? passed(told) : find('not_enforced', told)
  },
})
