import { buildDiscoveryUrls } from '@modelcontextprotocol/client'
import { isSecure } from '../../mcp/oauth/server-metadata.ts'
import { defineCheck, passed } from '../model/check.ts'
import type { Document } from '../model/facts.ts'
import { locateMetadata } from '../wire/metadata.ts'
import { plain, textOf } from '../wire/words.ts'

export const serverMetadata = defineCheck({
  id: 'server-metadata',
  stage: 'discovery',
  title: 'Server metadata',
  about:
    'The authorization server describes itself at the places of RFC 8414 or OpenID Connect Discovery, with endpoints that can be used.',
  needs: [],
  faults: {
    bad_issuer: {
      severity: 'error',
      meaning: '`authorization_servers` does not hold an address.',
      cure: 'Put the issuer there, an https URL.',
    },
    missing: {
      severity: 'error',
      meaning: 'The client does not learn where to log in.',
      cure: 'Serve the metadata at `/.well-known/oauth-authorization-server` of the issuer; the path of an issuer comes after it.',
    },
    redirected: {
      severity: 'error',
      meaning: 'Clients do not follow redirects here.',
      cure: 'Serve the document at its address; take `/.well-known/` out of redirects, rewrites and login walls.',
    },
    server_error: {
      severity: 'error',
      meaning:
        'The authorization server, or a proxy in front of it, is in trouble: clients do not look at the next place then.',
      cure: 'See its log: `gateway status` and `gateway logs oauth-server` at this gateway.',
    },
    not_json: {
      severity: 'error',
      meaning: 'Something answers in its place: a page, a login wall, a bot check.',
      cure: 'Route `/.well-known/` to the authorization server, and let no proxy answer with pages.',
    },
    incomplete: {
      severity: 'error',
      meaning:
        'Without `issuer`, `authorization_endpoint` and `token_endpoint` no login is possible.',
      cure: 'Let the document name all three.',
    },
    insecure: {
      severity: 'error',
      meaning: 'An endpoint is plain http: clients send no code and no secret there.',
      cure: 'Let every endpoint be https; behind a proxy, tell the server its address outside (PUBLIC_URL at this gateway).',
    },
    not_absolute: {
      severity: 'error',
      meaning: 'An endpoint is no absolute address: clients do not complete it.',
      cure: 'Write every endpoint as a whole https URL; behind a proxy, tell the server its address outside (PUBLIC_URL at this gateway).',
    },
  },
  async run(visit, find) {
    // Before there was resource metadata, the server itself was asked (MCP 2025-03-26).
    const expectedIssuer = visit.facts.resourceMetadata?.issuer ?? new URL(visit.url).origin
    if (URL.parse(expectedIssuer) === null) return find('bad_issuer', plain(expectedIssuer))
    const places = buildDiscoveryUrls(expectedIssuer).map(({ url }) => url.href)
    const located = await locateMetadata(visit, places)
    if (located.fault !== undefined) return find(located.fault, located.told)
    const { url, document } = located
    const issuer = textOf(document['issuer'])
    const authorizationEndpoint = textOf(document['authorization_endpoint'])
    const tokenEndpoint = textOf(document['token_endpoint'])
    if (
      issuer === undefined ||
      authorizationEndpoint === undefined ||
      tokenEndpoint === undefined
    ) {
      return find('incomplete', `${url} has ${plain(Object.keys(document).join(', '))}`)
    }
    const endpoints = endpointsOf(document)
    const relative = endpoints.find(([, value]) => URL.parse(value) === null)
    if (relative !== undefined) return find('not_absolute', relative.join(' is '))
    const insecure = endpoints.find(([, value]) => !isSecure(value))
    if (insecure !== undefined) return find('insecure', insecure.join(' is '))
    const found = { url, expectedIssuer, document, issuer, authorizationEndpoint, tokenEndpoint }
    visit.facts.server = found
    return passed(url)
  },
})

/** Name and address of each; of `null` another check tells (null-members). */
function endpointsOf(document: Document): [string, string][] {
  return Object.entries(document)
    .filter(([name, value]) => name.endsWith('_endpoint') && value !== null)
    .map(([name, value]) => [name, String(value)])
}
