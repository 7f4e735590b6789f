import { setTimeout as sleep } from 'node:timers/promises'
import { defineCheck, passed } from '../model/check.ts'
import type { Visit } from '../model/visit.ts'
import { knock } from '../wire/mcp.ts'
import { sendForm } from '../wire/token-request.ts'
import { inWords, objectOf, textOf } from '../wire/words.ts'

/** How long an edge that holds what is revoked in memory may take. */
const OBEYED_MS = 5000
const STEP_MS = 100

export const revocation = defineCheck({
  id: 'revocation',
  stage: 'end',
  title: 'Revocation',
  about: 'A revoked access token is refused by the MCP server within seconds (RFC 7009).',
  needs: ['tokens', 'server'],
  faults: {
    no_endpoint: {
      severity: 'warning',
      meaning: 'Whoever logs out in a client stays logged in at the server.',
      cure: 'Offer a `revocation_endpoint` (RFC 7009).',
    },
    unsupported: {
      severity: 'warning',
      meaning: 'Access tokens cannot be revoked: a stolen one is good until it ends.',
      cure: 'Let access tokens end soon, or ask the authorization server about each (RFC 7662).',
    },
    refused: {
      severity: 'error',
      meaning: 'The client cannot end its own token.',
      cure: 'Take a revocation with the way to prove itself that the client has at the token endpoint.',
    },
    not_obeyed: {
      severity: 'error',
      meaning:
        'The server says that the token has ended, and it is let in all the same: nobody can be logged out.',
      cure: 'Let whoever verifies tokens know of revocations: `gateway status`, then `gateway logs ext-authz` at this gateway; elsewhere introspection, or a list that is looked at.',
    },
  },
  async run(visit, find) {
    const { server, tokens } = visit.facts
    const endpoint = textOf(server?.document['revocation_endpoint'])
    if (endpoint === undefined)
      return find('no_endpoint', 'the metadata names no revocation_endpoint')
    const token = tokens?.accessToken
    const answer = await sendForm(visit, endpoint, { token, token_type_hint: 'access_token' })
    const told = `answered ${inWords(answer)}`
    if (objectOf(answer)?.['error'] === 'unsupported_token_type') return find('unsupported', told)
    if (answer.status !== 200) return find('refused', told)
    const ms = await untilRefused(visit, token ?? '')
    return ms === undefined
      ? find('not_obeyed', `${told}; ${OBEYED_MS / 1000} s later the token is let in`)
      : passed(`refused ${ms} ms later`)
  },
})

async function untilRefused(visit: Visit, token: string): Promise<number | undefined> {
  const since = performance.now()
  for (;;) {
    const { status } = await knock(visit, { token })
    const ms = Math.ceil(performance.now() - since)
    if (status === 401) return ms
    if (ms > OBEYED_MS) return undefined
    await sleep(STEP_MS)
  }
}
