import { defineCheck, passed } from '../model/check.ts'

export const rotation = defineCheck({
  id: 'rotation',
  stage: 'renewal',
  title: 'Rotation',
  about:
    'A public client is given a new refresh token with each refresh, so that a stolen one is of use for a short time and its use is noticed (RFC 9700 section 4.14.2).',
  needs: ['usedRefreshToken'],
  faults: {
    not_rotated: {
      severity: 'warning',
      meaning:
        'A refresh token that is stolen from a public client stays good, and nobody notices.',
      cure: 'Rotate refresh tokens of public clients.',
    },
  },
  async run({ facts }, find) {
    if (facts.client?.authMethod !== 'none') return undefined
    return facts.refreshToken === facts.usedRefreshToken
      ? find('not_rotated', 'the refresh token is the same as before')
      : passed('a new refresh token came')
  },
})
