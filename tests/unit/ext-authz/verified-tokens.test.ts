import test from 'ava'
import { createVerifiedTokens, type VerifiedToken } from '../../../ext-authz/verified-tokens.ts'

const TOKEN: VerifiedToken = {
  service: 'echo',
  presented: { userId: 'u', clientId: 'c', grantId: '1-g', tokenId: 't', issuedAt: 0 },
  validUntil: 0,
  decision: { allow: false, reason: 'expired', detail: '' },
}

test('a token that is asked for again is counted once', (t) => {
  const tokens = createVerifiedTokens(2)
  for (const key of ['a', 'b', 'c']) tokens.add(key, TOKEN)
  t.is(tokens.size, 3)
  t.is(tokens.find('a'), TOKEN, 'from the older generation')
  t.is(tokens.size, 3)
  t.is(tokens.find('b'), TOKEN, 'for which the younger one gives way')
  t.is(tokens.size, 3)
})

test('what nobody asks for goes with its generation', (t) => {
  const tokens = createVerifiedTokens(2)
  for (const key of ['a', 'b', 'c', 'd', 'e']) tokens.add(key, TOKEN)
  t.is(tokens.find('a'), undefined)
  t.is(tokens.find('c'), TOKEN)
  tokens.clear()
  t.is(tokens.size, 0)
})
