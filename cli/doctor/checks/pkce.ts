import { randomBytes } from 'node:crypto'
import { CliError } from '../../cli-error.ts'
import { defineCheck, passed, skipped } from '../model/check.ts'
import type { Tokens } from '../model/facts.ts'
import { keepSecret, type Visit } from '../model/visit.ts'
import { toAuthorizationRequest } from '../wire/authorization-request.ts'
import { readTokens, revokeEach, sendCode } from '../wire/token-request.ts'
import { Unreachable } from '../wire/unreachable.ts'
import { inWords, objectOf } from '../wire/words.ts'

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
    const answer = await sendCode(visit, {
      redirectUri: request.redirectUri,
      code: keepSecret(visit, code),
      verifier: randomBytes(32).toString('base64url'),
    })
    const told = `answered ${inWords(answer)}`
    const bought = readTokens(visit, answer)
    if (bought !== undefined) {
      await giveBack(visit, bought)
      return find('not_enforced', told)
    }
    const isRefused = answer.status === 400 && objectOf(answer)?.['error'] === 'invalid_grant'
    // A limit, trouble, a page: the verifier was not even looked at.
    return isRefused ? passed(told) : skipped(`not proven: the token endpoint ${told}`)
  },
})

/** Now, as the client may be deleted by the time the walk ends; then once more if nobody answered. */
async function giveBack(visit: Visit, { refreshToken, accessToken }: Tokens): Promise<void> {
  const end = (): Promise<void> => revokeEach(visit, [refreshToken, accessToken])
  visit.leftBehind.set('tokens bought without the verifier', end)
  try {
    await end()
    visit.leftBehind.delete('tokens bought without the verifier')
  } catch (error) {
    // It stays among what is left behind, and what was found is told all the same.
    if (!(error instanceof Unreachable)) throw error
  }
}
