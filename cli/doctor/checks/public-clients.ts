import { defineCheck, passed } from '../model/check.ts'
import { listOf } from '../wire/words.ts'

export const publicClients = defineCheck({
  id: 'public-clients',
  stage: 'discovery',
  title: 'Public clients',
  about:
    'The metadata lists `none` in `token_endpoint_auth_methods_supported`: programs on people’s machines can keep no secret.',
  needs: ['server'],
  once: true,
  faults: {
    not_listed: {
      severity: 'error',
      meaning: 'Nearly every client is public; Claude gives up its client document too without it.',
      cure: 'List `none` beside `client_secret_post` and `client_secret_basic`, and accept it for registered clients with PKCE.',
    },
  },
  async run({ facts: { server } }, find) {
    // What is not said means Basic alone (RFC 8414 section 2).
    const methods = listOf(server?.document['token_endpoint_auth_methods_supported']) ?? [
      'client_secret_basic',
    ]
    return methods.includes('none')
      ? passed(methods.join(', '))
      : find('not_listed', methods.join(', '))
  },
})
