import { defineCheck, passed } from '../model/check.ts'
import { fetchMetadata } from '../wire/metadata.ts'
import { inWords, objectOf } from '../wire/words.ts'

export const legacyMetadata = defineCheck({
  id: 'legacy-metadata',
  stage: 'discovery',
  title: 'Metadata for older clients',
  about:
    'A copy of the authorization server’s metadata is on the host of the MCP server: clients from before June 2025 look nowhere else.',
  needs: ['server'],
  once: true,
  faults: {
    missing: {
      severity: 'warning',
      meaning:
        'Older clients (TypeScript SDK 1.11, Python SDK 1.9, mcp-remote 0.1.18) find no login.',
      cure: 'Serve a copy at `/.well-known/oauth-authorization-server` of the MCP server’s host.',
    },
  },
  async run(visit, find) {
    const url = `${new URL(visit.url).origin}/.well-known/oauth-authorization-server`
    const answer = await fetchMetadata(visit, url)
    const document = objectOf(answer)
    return answer.status === 200 && typeof document?.['token_endpoint'] === 'string'
      ? passed(url)
      : find('missing', `${url} answered ${inWords(answer)}`)
  },
})
