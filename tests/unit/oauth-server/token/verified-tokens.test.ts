import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { signAccessToken } from '../../../../lib/oauth/access-token.ts'
import { createVerifiedTokens } from '../../../../oauth-server/token/verified-tokens.ts'

const ISSUER = 'https://auth.example'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signing = { kid: 'k', algorithm: 'ES256', privateKey } as const
const START = 1_800_000_000

const mint = (changes: object = {}) =>
  signAccessToken(
    {
      iss: ISSUER,
      sub: 'dev:a',
      aud: 'https://echo.example/mcp',
      client_id: 'app',
      scope: 'mcp',
      jti: 'j',
      iat: START,
      exp: START + 60,
      auth_time: START,
      grant_id: '1-g',
      preferred_username: 'a',
      ...changes,
    },
    signing,
  )

function setup(capacity = 10) {
  const state = { now: START * 1000, isPublished: true, lookUps: 0 }
  const keyring = {
    holds: () => state.isPublished,
    find: async () => {
      state.lookUps += 1
      return state.isPublished ? publicKey : undefined
    },
  }
  const clock = () => state.now
  return { state, tokens: createVerifiedTokens(keyring, { issuer: ISSUER, clock, capacity }) }
}

test('a token is verified once and recalled from then on', async (t) => {
  const { tokens, state } = setup()
  const token = await mint()
  t.is(tokens.recall(token), undefined)
  t.is((await tokens.verify(token))?.sub, 'dev:a')
  t.is(tokens.recall(token)?.sub, 'dev:a')
  t.is((await tokens.verify(token))?.sub, 'dev:a')
  t.is(state.lookUps, 1)
})

test('it is over at its exp, remembered or not', async (t) => {
  const { tokens, state } = setup()
  const token = await mint()
  await tokens.verify(token)
  state.now = (START + 60) * 1000 - 1
  t.truthy(tokens.recall(token))
  state.now += 1
  t.is(tokens.recall(token), undefined)
  t.is(await tokens.verify(token), undefined)
})

test('one of a clock that was ahead does not count, remembered or not', async (t) => {
  const { tokens, state } = setup()
  const token = await mint()
  await tokens.verify(token)
  state.now -= 30_000
  t.truthy(tokens.recall(token), 'clocks differ by so much')
  state.now -= 86_400_000
  t.is(tokens.recall(token), undefined)
  t.is(await tokens.verify(token), undefined)
})

test('a withdrawn key takes its tokens along', async (t) => {
  const { tokens, state } = setup()
  const token = await mint()
  await tokens.verify(token)
  state.isPublished = false
  t.is(tokens.recall(token), undefined)
  t.is(await tokens.verify(token), undefined)
})

test('the one used longest ago is forgotten first', async (t) => {
  const { tokens } = setup(2)
  const [one = '', two = '', three = ''] = await Promise.all(
    ['1', '2', '3'].map((jti) => mint({ jti })),
  )
  await tokens.verify(one)
  await tokens.verify(two)
  tokens.recall(one)
  await tokens.verify(three)
  t.truthy(tokens.recall(one))
  t.is(tokens.recall(two), undefined)
  t.truthy(tokens.recall(three))
})

test('what does not verify is not remembered', async (t) => {
  const { tokens } = setup()
  const wrong = [
    'garbage',
    await mint({ iss: 'https://other.example' }),
    await mint({ aud: ['https://echo.example/mcp'] }),
    await mint({ aud: undefined }),
    await mint({ jti: 7 }),
    `${await mint()}x`,
  ]
  for (const token of wrong) {
    t.is(await tokens.verify(token), undefined)
    t.is(tokens.recall(token), undefined)
  }
})

test('keys that are not known are no fault of the token', async (t) => {
  const keyring = { holds: () => false, find: () => Promise.reject(new Error('away')) }
  const tokens = createVerifiedTokens(keyring, { issuer: ISSUER, clock: () => START * 1000 })
  await t.throwsAsync(tokens.verify(await mint()), { message: 'away' })
})
