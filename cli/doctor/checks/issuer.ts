import { defineCheck, passed } from '../model/check.ts'
import { plain } from '../wire/words.ts'

const CURE =
  'Use one string for the issuer everywhere, without a trailing slash: in `authorization_servers`, in the metadata, in `iss`, in tokens. PUBLIC_URL is it at this gateway.'

export const issuer = defineCheck({
  id: 'issuer',
  stage: 'discovery',
  title: 'Issuer',
  about:
    'The authorization server calls itself what the resource calls it, to the byte (RFC 8414 section 3.3).',
  needs: ['server'],
  faults: {
    trailing_slash: {
      severity: 'error',
      meaning: 'A trailing slash more or less is another issuer: most clients refuse it.',
      cure: CURE,
    },
    other: {
      severity: 'error',
      meaning:
        'The metadata is somebody else’s: nearly all clients refuse it, as an attack would look like this.',
      cure: CURE,
    },
  },
  async run({ facts: { server } }, find) {
    const { issuer: named = '', expectedIssuer: expected = '' } = server ?? {}
    if (named === expected) return passed(named)
    const told = `the metadata says ${plain(named)}, the resource ${plain(expected)}`
    const isSlash = named.replace(/\/$/, '') === expected.replace(/\/$/, '')
    return find(isSlash ? 'trailing_slash' : 'other', told)
  },
})
