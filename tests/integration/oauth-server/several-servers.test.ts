/** Two processes on one store behave as one server. */

import test from 'ava'
import { decodeJwt } from 'jose'
import { redisRevocations } from '../../../lib/store/revocations.ts'
import { createOAuthClient, REDIRECT_URI } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const first = await startOAuthServer()
const second = await startOAuthServer({ valkey: first.valkey })
const { issuer } = first
const [one, two] = [first, second].map(({ send }) => createOAuthClient(send, issuer)) as [
  ReturnType<typeof createOAuthClient>,
  ReturnType<typeof createOAuthClient>,
]
const revocations = redisRevocations(await first.valkey.connect())
const { client_id } = await one.register()
test.after.always(async () => {
  await second.stop()
  await first.stop()
})

const getCode = async () => {
  const { url, verifier } = one.begin(client_id, { resource: `${issuer}/echo/mcp` })
  const redirect = await createPerson(first.send).authorize(url, { username: 'alice' })
  return {
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
    client_id,
  }
}

const refreshing = (tokens: Record<string, unknown>) => ({
  grant_type: 'refresh_token',
  refresh_token: String(tokens['refresh_token']),
  client_id,
})

const isRevoked = async (tokens: Record<string, unknown>) => {
  const claims = decodeJwt(String(tokens['access_token']))
  const answer = await revocations.ask({
    tokenId: String(claims.jti),
    grantId: String(claims['grant_id']),
    clientId: client_id,
    userId: String(claims.sub),
    issuedAt: claims.iat ?? 0,
  })
  return answer.revoked
}

test('they publish the same keys', async (t) => {
  const [left, right] = await Promise.all(
    [first, second].map(({ send }) => send({ url: `${issuer}/jwks` })),
  )
  t.is(left?.status, 200)
  t.is(left?.text, right?.text)
})

test('a code redeemed at one is a replay at the other, and ends what it bought', async (t) => {
  const fields = await getCode()
  const tokens = (await one.token(fields)).json()
  t.false(await isRevoked(tokens))
  t.is((await two.token(fields)).json()['error'], 'invalid_grant')
  t.true(await isRevoked(tokens))
  t.is((await two.token(refreshing(tokens))).json()['error'], 'invalid_grant')
})

test('a wrong verifier at one uses the code up for the other', async (t) => {
  const fields = await getCode()
  const wrong = await one.token({ ...fields, code_verifier: 'x'.repeat(43) })
  t.is(wrong.json()['error'], 'invalid_grant')
  t.is((await two.token(fields)).json()['error'], 'invalid_grant')
})

test('of fifty redemptions at both exactly one is good, and its grant is dead', async (t) => {
  const fields = await getCode()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : two).token(fields)),
  )
  const good = answers.filter(({ status }) => status === 200)
  t.is(good.length, 1)
  t.true(answers.every(({ status }) => status === 200 || status === 400))
  for (const answer of good) {
    t.true(await isRevoked(answer.json()))
    t.is((await two.token(refreshing(answer.json()))).json()['error'], 'invalid_grant')
  }
})

test('fifty refreshes at both get one pair, and so on for several generations', async (t) => {
  let tokens = (await one.token(await getCode())).json()
  for (let generation = 1; generation <= 3; generation += 1) {
    const before = tokens
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? one : two).token(refreshing(before)),
      ),
    )
    t.true(answers.every(({ status }) => status === 200))
    t.is(new Set(answers.map((answer) => answer.json()['access_token'])).size, 1)
    t.is(new Set(answers.map((answer) => answer.json()['refresh_token'])).size, 1)
    tokens = answers[0]?.json() ?? {}
    t.not(tokens['refresh_token'], before['refresh_token'])
  }
  t.false(await isRevoked(tokens))
})
