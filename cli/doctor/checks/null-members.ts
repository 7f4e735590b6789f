import { defineCheck, passed } from '../model/check.ts'
import type { Document } from '../model/facts.ts'

export const nullMembers = defineCheck({
  id: 'null-members',
  stage: 'discovery',
  title: 'No empty members',
  about:
    'No member of the metadata is `null`: clients that check the document refuse all of it then.',
  needs: ['server'],
  once: true,
  faults: {
    found: {
      severity: 'error',
      meaning: 'The TypeScript SDK, and every client made with it, refuses the document.',
      cure: 'Leave members without a value out.',
    },
  },
  async run({ facts: { server, resourceMetadata } }, find) {
    const names = [...nullsOf(server?.document), ...nullsOf(resourceMetadata?.document)]
    return names.length === 0 ? passed('none is null') : find('found', names.join(', '))
  },
})

function nullsOf(document: Document = {}): string[] {
  return Object.keys(document).filter((name) => document[name] === null)
}
