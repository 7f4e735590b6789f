import test from 'ava'
import { verifyChallenge } from '../../../../oauth-server/token/pkce.ts'

// RFC 7636 appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

test('the vector of the RFC verifies', (t) => t.true(verifyChallenge(VERIFIER, CHALLENGE)))

for (const [what, verifier] of [
  ['nothing', undefined],
  ['the challenge itself', CHALLENGE],
  ['one character more', `${VERIFIER}x`],
  ['a line end', `${VERIFIER}\n`],
] as const) {
  test(`${what} does not`, (t) => t.false(verifyChallenge(verifier, CHALLENGE)))
}
