/** The store dies while a person decides, and comes back: the same form works, and once. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisGrants } from '../../../oauth-server/store/grants.ts'
import type { HttpResponse } from '../../support/http.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson, type Page, type Person } from '../../support/person.ts'
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

const restart = async () => {
  await valkey.restart()
  const deadline = Date.now() + 10_000
  while ((await send({ url: `${issuer}/healthz` })).status !== 200) {
    if (Date.now() > deadline) throw new Error('the server did not find its store again')
    await sleep(20)
  }
}

const begin = async () => {
  const attempt = client.begin(client_id, { resource: `${issuer}/echo/mcp` })
  const person = createPerson(send)
  return { ...attempt, person, page: await person.open(attempt.url) }
}

const redeem = (response: HttpResponse, verifier: string) =>
  client.token({
    grant_type: 'authorization_code',
    code: new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id,
  })

const isClearRetry = ({ status, headers, text }: HttpResponse) =>
  status === 503 &&
  Number(headers.get('retry-after')) > 0 &&
  headers.get('location') === null &&
  text.includes('try again')

const approve = (person: Person, page: Page, username: string) =>
  person.submit(page, { username }, { accept: 'text/html' })

test.serial(
  'while it is away each page says so, afterwards the same form works once',
  async (t) => {
    const { person, page, verifier, url } = await begin()
    await valkey.kill()
    t.true(isClearRetry(await approve(person, page, 'alice')))
    t.true(isClearRetry((await person.open(url)).response))
    const denied = await person.submit(page, { decision: 'deny' }, { accept: 'text/html' })
    t.true(isClearRetry(denied), 'nor is a denial told before it is sure')
    await restart()
    const response = await approve(person, page, 'alice')
    t.is(response.status, 303)
    t.is((await redeem(response, verifier)).status, 200)
    t.is((await approve(person, page, 'alice')).status, 403)
  },
)

test.serial('signing out is whole or can be sent again', async (t) => {
  const { person, page, verifier } = await begin()
  const tokens = (await redeem(await approve(person, page, 'bob'), verifier)).json()
  const logout = await person.open(`${issuer}/logout`)
  await valkey.kill()
  t.true(isClearRetry(await person.post(logout, {}, { accept: 'text/html' })))
  await restart()
  t.is((await person.post(logout, {})).status, 200)
  const refresh = { grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) }
  t.is((await client.token({ ...refresh, client_id })).status, 400)
})

test.serial('decisions cut in the middle: a code, or a form that can be sent again', async (t) => {
  const people = Array.from({ length: 20 }, (_, index) => `person-${index}`)
  const begun = await Promise.all(people.map(begin))
  const storm = begun.map(({ person, page }, index) => approve(person, page, people[index] ?? ''))
  await Promise.race(storm)
  await valkey.kill()
  const answers = await Promise.all(storm)
  t.true(answers.every((answer) => answer.status === 303 || isClearRetry(answer)))
  await restart()
  for (const [index, answer] of answers.entries()) {
    const found = begun[index]
    if (found === undefined) return t.fail()
    const { person, page, verifier } = found
    const again = answer.status === 303 ? answer : await approve(person, page, people[index] ?? '')
    // Its last step may have been done when the answer was lost: then nobody ever saw that code.
    t.true([303, 403].includes(again.status))
    if (again.status === 303) t.is((await redeem(again, verifier)).status, 200)
  }
  const grants = redisGrants(await valkey.connect())
  for (const name of people) {
    const ids = await grants.ofUser(`dev:${name}`)
    t.true(ids.length <= 2, 'at most one grant beside that of an attempt that was cut')
  }
})
