import { defineCheck, passed } from '../model/check.ts'
import { knock } from '../wire/mcp.ts'
import { inWords } from '../wire/words.ts'

export const badToken = defineCheck({
  id: 'bad-token',
  stage: 'discovery',
  title: 'Bad token',
  about:
    'A token that is none is refused with 401 and `error="invalid_token"`: that is when a client refreshes (RFC 6750 section 3.1).',
  needs: [],
  once: true,
  faults: {
    let_in: {
      severity: 'error',
      meaning: 'Anything passes for a token: the server is open to everybody.',
      cure: 'Verify tokens: signature, audience, expiry. Do not run it like this.',
    },
    not_401: {
      severity: 'error',
      meaning:
        'The client does not understand that its token is no good: it neither refreshes nor asks for a login.',
      cure: 'Answer 401 to a token that is malformed, expired or unknown; 403 is for a good one with too little scope, 5xx for trouble of your own.',
    },
    no_error: {
      severity: 'warning',
      meaning:
        'Clients that look for `error="invalid_token"` start a whole login where a refresh would do.',
      cure: 'Add `error="invalid_token"` to the challenge when a token was sent.',
    },
  },
  async run(visit, find) {
    const answer = await knock(visit, { token: 'not-a-token' })
    if (answer.status < 300) return find('let_in', `answered ${inWords(answer)}`)
    if (answer.status !== 401) return find('not_401', `answered ${inWords(answer)}`)
    const header = answer.headers.get('www-authenticate') ?? ''
    return header.includes('error="invalid_token"')
      ? passed('401 invalid_token')
      : find('no_error', '401 without error="invalid_token"')
  },
})
