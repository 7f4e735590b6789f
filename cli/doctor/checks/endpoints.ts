import { defineCheck, passed } from '../model/check.ts'
import type { Document } from '../model/facts.ts'
import type { Visit } from '../model/visit.ts'
import { inWords, isRedirect, mediaType, objectOf, textOf } from '../wire/words.ts'

/** Asked with nothing, each has something to object; what it must not do is to be absent. */
const ENDPOINTS = [
  'token_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'userinfo_endpoint',
] as const

export const endpoints = defineCheck({
  id: 'endpoints',
  stage: 'discovery',
  title: 'Advertised endpoints',
  about:
    'Every endpoint that the metadata names is there: asked with an empty request it objects in JSON, or wants to know who asks. `jwks_uri` holds keys.',
  needs: ['server'],
  once: true,
  faults: {
    absent: {
      severity: 'error',
      meaning: 'A client that believes the metadata fails there.',
      cure: 'Route the address to the authorization server, or take the member out of the metadata.',
    },
    not_json: {
      severity: 'error',
      meaning:
        'A page answers where a client expects JSON: a login wall, a bot check, a start page.',
      cure: 'Let the endpoint answer itself, also what it refuses.',
    },
    no_keys: {
      severity: 'error',
      meaning: 'Whoever verifies tokens by the published keys finds none.',
      cure: 'Serve the JSON Web Key Set at `jwks_uri`.',
    },
  },
  async run(visit, find) {
    const document = visit.facts.server?.document ?? {}
    const answers = await Promise.all(namedBy(document).map((name) => probe(visit, name, document)))
    const absent = answers.find(
      ({ answer }) =>
        isRedirect(answer) || [404, 405].includes(answer.status) || answer.status >= 500,
    )
    if (absent !== undefined)
      return find('absent', `${absent.name} answered ${inWords(absent.answer)}`)
    const page = answers.find(({ answer }) => mediaType(answer.headers) === 'text/html')
    if (page !== undefined) return find('not_json', `${page.name} answered ${inWords(page.answer)}`)
    const keysAt = textOf(document['jwks_uri'])
    if (keysAt !== undefined) {
      const keys = await visit.http({ url: keysAt, headers: visit.client.headers })
      const found = objectOf(keys)?.['keys']
      if (!Array.isArray(found) || found.length === 0)
        return find('no_keys', `jwks_uri answered ${inWords(keys)}`)
    }
    return passed(
      [...answers.map(({ name }) => name), ...(keysAt === undefined ? [] : ['jwks_uri'])].join(
        ', ',
      ),
    )
  },
})

function namedBy(document: Document): string[] {
  return ENDPOINTS.filter((name) => URL.parse(textOf(document[name]) ?? '') !== null)
}

async function probe({ http, client }: Visit, name: string, document: Document) {
  const url = String(document[name])
  const headers = { ...client.headers, 'content-type': 'application/x-www-form-urlencoded' }
  return { name, answer: await http({ url, method: 'POST', headers, body: '' }) }
}
