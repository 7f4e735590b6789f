import { defineCheck, passed } from '../model/check.ts'
import { listOf } from '../wire/words.ts'

export const pkceMetadata = defineCheck({
  id: 'pkce-metadata',
  stage: 'discovery',
  title: 'PKCE in the metadata',
  about:
    'The metadata lists `S256` in `code_challenge_methods_supported`: a client that does not see it must not log in (MCP, authorization code protection).',
  needs: ['server'],
  faults: {
    no_s256: {
      severity: 'error',
      meaning:
        'Clients that keep to the rule refuse the server, as a stolen code could be used by anybody.',
      cure: 'Add `"code_challenge_methods_supported": ["S256"]` to the metadata of the authorization server, and require PKCE.',
    },
    plain_too: {
      severity: 'warning',
      meaning: '`plain` protects nothing, and is offered beside `S256`.',
      cure: 'List `S256` alone.',
    },
  },
  async run({ facts: { server } }, find) {
    const methods = listOf(server?.document['code_challenge_methods_supported']) ?? []
    if (!methods.includes('S256'))
      return find('no_s256', `it lists ${methods.join(', ') || 'nothing'}`)
    return methods.includes('plain') ? find('plain_too', methods.join(', ')) : passed('S256')
  },
})
