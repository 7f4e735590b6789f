/** The store dies like in a power cut and comes back: a clear retry, and nothing half-granted. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisGrants } from '../../../oauth-server/store/grants.ts'
import type { HttpResponse } from '../../support/http.ts'
import { createOAuthClient, REDIRECT_URI } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'
import { startValkey } from '../../support/valkey.ts'

const valkey = await startValkey({ persistent: true })
const server = await startOAuthServer({ valkey })
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const { client_id } = await client.register()
test.after.always(async () => {
  await server.stop()
  await valkey.stop()
})

const getCode = async (username = 'alice') => {
  const { url, verifier } = client.begin(client_id, { resource: `${issuer}/echo/mcp` })
  const redirect = await createPerson(send).authorize(url, { username })
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

const restart = async () => {
  await valkey.restart()
  const deadline = Date.now() + 10_000
  while ((await send({ url: `${issuer}/healthz` })).status !== 200) {
    if (Date.now() > deadline) throw new Error('the server did not find its store again')
    await sleep(20)
  }
}

const isClearRetry = ({ status, headers, json }: HttpResponse) =>
  status === 503 &&
  Number(headers.get('retry-after')) > 0 &&
  json()['error'] === 'temporarily_unavailable'

test.serial('what is asked meanwhile is a clear retry that then succeeds', async (t) => {
  const fields = await getCode()
  const tokens = (await client.token(await getCode())).json()
  await valkey.kill()
  t.true(isClearRetry(await client.token(fields)))
  t.true(isClearRetry(await client.token(refreshing(tokens))))
  await restart()
  t.is((await client.token(fields)).status, 200)
  t.is((await client.token(refreshing(tokens))).status, 200)
})

test.serial('refreshes cut in the middle all go on from the one rotation there was', async (t) => {
  let tokens = (await client.token(await getCode())).json()
  for (let turn = 0; turn < 3; turn += 1) {
    const before = tokens
    const storm = Array.from({ length: 20 }, () => client.token(refreshing(before)))
    await Promise.race(storm)
    await valkey.kill()
    const answers = await Promise.all(storm)
    t.true(answers.every((answer) => answer.status === 200 || isClearRetry(answer)))
    await restart()
    const again = await client.token(refreshing(before))
    t.is(again.status, 200)
    const pairs = [...answers, again].filter(({ status }) => status === 200)
    t.is(new Set(pairs.map((answer) => answer.json()['refresh_token'])).size, 1)
    tokens = again.json()
  }
})

test.serial('redemptions cut in the middle are whole or nothing', async (t) => {
  const people = Array.from({ length: 20 }, (_, index) => `person-${index}`)
  const codes = await Promise.all(people.map((name) => getCode(name)))
  const storm = codes.map((fields) => client.token(fields))
  await Promise.race(storm)
  await valkey.kill()
  const answers = await Promise.all(storm)
  t.true(answers.every((answer) => answer.status === 200 || isClearRetry(answer)))
  await restart()
  const grants = redisGrants(await valkey.connect())
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 200) {
      t.is((await client.token(refreshing(answer.json()))).status, 200)
      continue
    }
    // Either nothing had been used up, or the tokens that nobody received are dead now.
    const fields = codes[index] ?? {}
    const again = await client.token(fields)
    const held = await grants.ofUser(`dev:${people[index]}`)
    t.is(held.length, again.status === 200 ? 1 : 0)
    if (again.status !== 200) t.is(again.json()['error'], 'invalid_grant')
  }
})
