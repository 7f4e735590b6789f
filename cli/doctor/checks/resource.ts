import { defineCheck, passed } from '../model/check.ts'
import { plain, textOf } from '../wire/words.ts'

const CURE =
  'Let `resource` be the address of the MCP endpoint, byte for byte as people are given it: PUBLIC_URL or BASE_DOMAIN says it at this gateway; behind a proxy, the address outside.'

export const resource = defineCheck({
  id: 'resource',
  stage: 'discovery',
  title: 'Resource identifier',
  about:
    'The metadata calls the MCP server by the address at which it is reached, to the byte: tokens are asked for in that name, and a client refuses another’s (RFC 9728 section 3.3).',
  needs: ['resourceMetadata'],
  faults: {
    missing: {
      severity: 'error',
      meaning: '`resource` is required, and clients refuse the document without it.',
      cure: CURE,
    },
    other_host: {
      severity: 'error',
      meaning:
        'The document is about another server: clients refuse it, as an attack would look like this.',
      cure: CURE,
    },
    trailing_slash: {
      severity: 'error',
      meaning: 'A trailing slash more or less is another name: most clients refuse it.',
      cure: CURE,
    },
    origin_only: {
      severity: 'error',
      meaning:
        'It names the host and not the endpoint: some clients refuse it, and the token opens more than one service.',
      cure: CURE,
    },
    other_path: {
      severity: 'error',
      meaning: 'It names another address of this host: clients refuse it.',
      cure: CURE,
    },
  },
  async run({ url, facts }, find) {
    const named = textOf(facts.resourceMetadata?.document['resource'])
    // The walk goes on as a client would that the server had told the truth: one fault is told once.
    facts.resource = isOfHost(named, url) ? named : url
    if (named === undefined) return find('missing', 'the document has no resource')
    if (named === url) return passed(named)
    const told = `it says ${plain(named)}, and is reached as ${url}`
    const parsed = URL.parse(named)
    if (!isOfHost(named, url)) return find('other_host', told)
    if (named.replace(/\/$/, '') === url.replace(/\/$/, '')) return find('trailing_slash', told)
    return find(parsed?.pathname === '/' ? 'origin_only' : 'other_path', told)
  },
})

function isOfHost(named: string | undefined, url: string): named is string {
  return named !== undefined && URL.parse(named)?.origin === new URL(url).origin
}
