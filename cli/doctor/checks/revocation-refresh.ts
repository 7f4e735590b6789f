import { defineCheck, passed } from '../model/check.ts'
import { readTokens, sendForm, sendRefresh } from '../wire/token-request.ts'
import { inWords, objectOf, textOf } from '../wire/words.ts'

export const revocationRefresh = defineCheck({
  id: 'revocation-refresh',
  stage: 'end',
  title: 'Logout',
  about:
    'A revoked refresh token buys nothing more, and is refused with `invalid_grant`: what tells a client to ask the person again.',
  needs: ['refreshToken', 'server'],
  faults: {
    refused: {
      severity: 'error',
      meaning: 'The client cannot log out.',
      cure: 'Take a revocation with the way to prove itself that the client has at the token endpoint.',
    },
    not_obeyed: {
      severity: 'error',
      meaning: 'The login goes on after the logout.',
      cure: 'End the grant with its refresh token (RFC 7009 section 2.1).',
    },
    other_error: {
      severity: 'error',
      meaning:
        'Claude and others take any other error for a passing failure, and try again for ever.',
      cure: 'Refuse a refresh token that is no good any more with 400 `invalid_grant` as JSON.',
    },
  },
  async run(visit, find) {
    const { server, refreshToken = '' } = visit.facts
    const endpoint = textOf(server?.document['revocation_endpoint'])
    if (endpoint === undefined) return undefined
    const answer = await sendForm(visit, endpoint, {
      token: refreshToken,
      token_type_hint: 'refresh_token',
    })
    if (answer.status !== 200) return find('refused', `answered ${inWords(answer)}`)
    const after = await sendRefresh(visit, refreshToken)
    const told = `a refresh after it answered ${inWords(after)}`
    if (readTokens(visit, after) !== undefined) return find('not_obeyed', told)
    const isClear = after.status === 400 && objectOf(after)?.['error'] === 'invalid_grant'
    visit.leftBehind.delete('tokens')
    return isClear ? passed(told) : find('other_error', told)
  },
})
