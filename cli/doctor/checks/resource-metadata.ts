import { protectedResourceMetadataUrl } from '../../../lib/oauth/well-known.ts'
import { defineCheck, passed } from '../model/check.ts'
import type { Visit } from '../model/visit.ts'
import { locateMetadata } from '../wire/metadata.ts'
import { listOf, plain } from '../wire/words.ts'

export const resourceMetadata = defineCheck({
  id: 'resource-metadata',
  stage: 'discovery',
  title: 'Resource metadata',
  about:
    'The protected-resource metadata is where the client looks: at the address that the challenge names, else below `/.well-known/oauth-protected-resource` with the path of the MCP endpoint, else without (RFC 9728).',
  needs: [],
  faults: {
    missing: {
      severity: 'error',
      meaning:
        'The client does not learn which authorization server to ask, and guesses that it is the MCP server itself.',
      cure: 'Serve the document at `/.well-known/oauth-protected-resource` followed by the path of the MCP endpoint.',
    },
    redirected: {
      severity: 'error',
      meaning: 'Clients do not follow redirects here, least of all to another host.',
      cure: 'Serve the document at its address; take `/.well-known/` out of redirects, rewrites and login walls.',
    },
    server_error: {
      severity: 'error',
      meaning: 'The server, or a proxy in front of it, is in trouble.',
      cure: 'See its log. Who serves `/.well-known/` must not depend on anything slow.',
    },
    not_json: {
      severity: 'error',
      meaning: 'Something answers in its place: a page, a login wall, a bot check.',
      cure: 'Route `/.well-known/oauth-protected-resource` to what knows it, and let no proxy answer with pages.',
    },
    no_authorization_server: {
      severity: 'error',
      meaning: 'The document names no authorization server.',
      cure: 'Put the issuer into `authorization_servers`, one entry: clients take the first.',
    },
  },
  async run(visit, find) {
    const located = await locateMetadata(visit, placesFor(visit))
    if (located.fault !== undefined) return find(located.fault, located.told)
    const { url, document } = located
    const [issuer] = listOf(document['authorization_servers']) ?? []
    visit.facts.resourceMetadata = { url, document, issuer }
    if (issuer === undefined) return find('no_authorization_server', plain(url))
    return passed(`${plain(url)} names ${plain(issuer)}`)
  },
})

/** Who is given an address asks nowhere else. */
function placesFor({ url, facts }: Visit): string[] {
  const hint = URL.parse(facts.challenge?.resourceMetadata ?? '')?.href
  if (hint !== undefined) return [hint]
  const inserted = protectedResourceMetadataUrl(url)
  const root = protectedResourceMetadataUrl(new URL(url).origin)
  return [...new Set([inserted, root])]
}
