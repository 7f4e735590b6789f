import { defineCheck, passed } from '../model/check.ts'
import { listOf } from '../wire/words.ts'

export const scopesListed = defineCheck({
  id: 'scopes-listed',
  stage: 'discovery',
  title: 'Scopes',
  about:
    'What the challenge and the resource ask for is listed by the authorization server too: some clients ask for no other, or take a scope that nobody told them of for an attack.',
  needs: ['server'],
  once: true,
  faults: {
    unlisted: {
      severity: 'warning',
      meaning:
        'Gemini CLI does not ask for it, and the Python SDK up to 1.12 refuses a token that has it.',
      cure: 'List every scope that can be granted in `scopes_supported` of the authorization server.',
    },
  },
  async run({ facts: { server, challenge, resourceMetadata } }, find) {
    const listed = listOf(server?.document['scopes_supported'])
    const wanted = [
      ...(challenge?.scope?.split(' ') ?? []),
      ...(listOf(resourceMetadata?.document['scopes_supported']) ?? []),
    ]
    if (listed === undefined || wanted.length === 0) return undefined
    const missing = [...new Set(wanted)].filter((scope) => scope !== '' && !listed.includes(scope))
    return missing.length === 0 ? passed(listed.join(' ')) : find('unlisted', missing.join(' '))
  },
})
