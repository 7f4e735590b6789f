import { defineCheck, passed } from '../model/check.ts'
import { readTokens, sendRefresh, takeRefreshed } from '../wire/token-request.ts'
import { inWords } from '../wire/words.ts'

export const refreshAgain = defineCheck({
  id: 'refresh-again',
  stage: 'renewal',
  title: 'Second refresh',
  about:
    'What the first refresh left the client with buys the next one: the new refresh token, or the old one where no new one came.',
  needs: ['usedRefreshToken'],
  faults: {
    login_lost: {
      severity: 'error',
      meaning: 'The login ends at the second refresh: people log in again every two hours.',
      cure: 'When a refresh token is replaced, send the new one with the answer; when it is not, keep the old one alive.',
    },
  },
  async run(visit, find) {
    const presented = visit.facts.refreshToken ?? ''
    const answer = await sendRefresh(visit, presented)
    const tokens = readTokens(visit, answer)
    if (tokens === undefined) return find('login_lost', `answered ${inWords(answer)}`)
    takeRefreshed(visit, presented, tokens)
    return passed(`answered ${inWords(answer)}`)
  },
})
