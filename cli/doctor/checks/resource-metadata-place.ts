import { protectedResourceMetadataUrl } from '../../../lib/oauth/well-known.ts'
import { defineCheck, passed } from '../model/check.ts'
import { fetchMetadata } from '../wire/metadata.ts'
import { inWords, objectOf, plain } from '../wire/words.ts'

export const resourceMetadataPlace = defineCheck({
  id: 'resource-metadata-place',
  stage: 'discovery',
  title: 'Resource metadata, unasked',
  about:
    'The metadata is at its place by the rule too (the well-known part before the path): Claude Code, mcp-go and mcpc look there without ever seeing a challenge.',
  needs: ['resourceMetadata'],
  once: true,
  faults: {
    missing: {
      severity: 'error',
      meaning: 'Clients that look there first find nothing, or guess wrongly.',
      cure: 'Serve the same document there as where the challenge leads.',
    },
    differs: {
      severity: 'error',
      meaning: 'Two places say two things: which client gets in depends on where it looks.',
      cure: 'Serve one document at both places.',
    },
  },
  async run(visit, find) {
    const url = protectedResourceMetadataUrl(visit.url)
    const { resourceMetadata: known } = visit.facts
    const answer = await fetchMetadata(visit, url)
    const document = objectOf(answer)
    if (answer.status !== 200 || document === undefined)
      return find('missing', `${url} answered ${inWords(answer)}`)
    const isSame = ['resource', 'authorization_servers'].every(
      (name) => JSON.stringify(document[name]) === JSON.stringify(known?.document[name]),
    )
    return isSame ? passed(url) : find('differs', `${url} and ${plain(known?.url ?? '')}`)
  },
})
