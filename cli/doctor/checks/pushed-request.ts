import { defineCheck, passed } from '../model/check.ts'
import { sendForm } from '../wire/token-request.ts'
import { inWords, objectOf, textOf } from '../wire/words.ts'

export const pushedRequest = defineCheck({
  id: 'pushed-request',
  stage: 'login',
  title: 'Pushed request',
  about:
    'Where the metadata names a pushed authorization request endpoint, it takes the request that the authorize endpoint takes (RFC 9126).',
  needs: ['request'],
  once: true,
  faults: {
    refused: {
      severity: 'error',
      meaning: 'Clients that push their request first fail where others get through.',
      cure: 'Take the same parameters as at the authorize endpoint, answer 201 with `request_uri`, or take the member out of the metadata.',
    },
  },
  async run(visit, find) {
    const endpoint = textOf(visit.facts.server?.document['pushed_authorization_request_endpoint'])
    if (endpoint === undefined) return undefined
    const parameters = new URL(visit.facts.request?.url ?? visit.url).searchParams
    const answer = await sendForm(visit, endpoint, Object.fromEntries(parameters))
    const told = `answered ${inWords(answer)}`
    return answer.status === 201 && textOf(objectOf(answer)?.['request_uri']) !== undefined
      ? passed(told)
      : find('refused', told)
  },
})
