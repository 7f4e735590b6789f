import test from 'ava'
import {
  createRefreshTokens,
  openAnswer,
  sealAnswer,
} from '../../../../oauth-server/token/refresh-tokens.ts'

const tokens = createRefreshTokens(Buffer.alloc(32, 1))
const first = tokens.begin()
const token = tokens.format(first)

test('a token reads back as what it was made of', (t) => {
  t.is(first.generation, 1)
  t.deepEqual(tokens.parse(token), first)
  t.not(tokens.begin().family, first.family)
})

const [family, generation, proof] = token.split('.')
for (const [what, text] of [
  ['empty', ''],
  ['the next generation with the same proof', `${family}.2.${proof}`],
  ['a generation written otherwise', `${family}.01.${proof}`],
  ['another family', `${'x'.repeat(43)}.${generation}.${proof}`],
  ['a cut proof', token.slice(0, -1)],
  ['no proof', `${family}.${generation}.`],
  ['more after it', `${token}\n`],
  ['one of another key', createRefreshTokens(Buffer.alloc(32, 2)).format(first)],
] as const) {
  test(`${what} is no token of ours`, (t) => t.is(tokens.parse(text), undefined))
}

test('an answer opens with the token it was sealed under and no other', (t) => {
  const sealed = sealAnswer(token, 'answer')
  t.is(openAnswer(token, sealed), 'answer')
  t.is(openAnswer(tokens.format({ ...first, generation: 2 }), sealed), undefined)
})
