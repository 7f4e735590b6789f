import { defineCheck, passed } from '../model/check.ts'
import { readTokens, sendRefresh, takeRefreshed } from '../wire/token-request.ts'
import { inWords } from '../wire/words.ts'

export const refreshRepeat = defineCheck({
  id: 'refresh-repeat',
  stage: 'renewal',
  title: 'Refresh at once by two',
  about:
    'Two windows of a client that share a login refresh at the same moment: the one that comes second is given the answer again for some seconds, and the login does not end.',
  needs: ['usedRefreshToken'],
  appliesTo: ({ sharesLogin }) => sharesLogin === true,
  faults: {
    login_ended: {
      severity: 'error',
      meaning:
        'A client that runs twice, or lost an answer on the way, is logged out: the server takes it for a thief.',
      cure: 'Repeat the answer to the refresh token of before for half a minute; end the login only after that.',
    },
    refused: {
      severity: 'warning',
      meaning: 'The second of two that refresh at once is refused; the login itself goes on.',
      cure: 'Repeat the answer to the refresh token of before for half a minute.',
    },
  },
  async run(visit, find) {
    const { facts } = visit
    const { usedRefreshToken = '', refreshToken = '' } = facts
    const repeated = await sendRefresh(visit, usedRefreshToken)
    if (readTokens(visit, repeated) !== undefined)
      return passed('the refresh token of before is answered again')
    const next = await sendRefresh(visit, refreshToken)
    const tokens = readTokens(visit, next)
    if (tokens === undefined) {
      // There is no login any more that the checks to come could end.
      delete facts.refreshToken
      delete facts.tokens
      return find(
        'login_ended',
        `answered ${inWords(repeated)}, and ${inWords(next)} to the newer one`,
      )
    }
    takeRefreshed(visit, refreshToken, tokens)
    return find('refused', `answered ${inWords(repeated)}`)
  },
})
