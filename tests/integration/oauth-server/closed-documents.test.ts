/** A list of redirect hosts that comes after clients which documents describe had logged people in. */

import test from 'ava'
import { REDIRECT, startDocumentWorld, toDocument } from '../../support/document-world.ts'
import { form } from '../../support/http.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { createPerson } from '../../support/person.ts'

test('a document whose place is not listed any more begins nothing; what was granted goes on', async (t) => {
  const world = await startDocumentWorld()
  t.teardown(world.stop)
  const url = 'https://client.test/app.json'
  world.internet.serve(url, toDocument(url))
  const { issuer } = world.server
  const request = (client = world.client) =>
    client.begin(url, { redirect_uri: REDIRECT, resource: `${issuer}/echo/mcp` })
  const attempt = request()
  const answered = await createPerson(world.server.send).authorize(attempt.url, { username: 'ann' })
  const bought = await world.client.token({
    grant_type: 'authorization_code',
    code: answered.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id: url,
  })
  t.is(bought.status, 200)
  const waiting = createPerson(world.server.send)
  const page = await waiting.open(request().url)

  const { send, stop } = await world.startAnother({ REGISTRATION_REDIRECT_HOSTS: 'app.example' })
  t.teardown(stop)
  const client = createOAuthClient(send, issuer)
  const { response } = await createPerson(send).open(request(client).url)
  t.is(response.status, 400)
  t.regex(response.text, /client\.test is not among them: ask its operator to add it to REGIS/)
  const late = createPerson(send)
  for (const [name, value] of waiting.cookies) late.cookies.set(name, value)
  const refused = await late.submit(page, { username: 'ann' })
  t.is(refused.headers.get('location'), null)
  t.regex(refused.text, /client\.test is not among them/)

  const refreshed = await client.token({
    grant_type: 'refresh_token',
    refresh_token: String(bought.json()['refresh_token']),
    client_id: url,
  })
  t.is(refreshed.status, 200, refreshed.text)
  const token = String(refreshed.json()['refresh_token'])
  const revoked = await send({ ...form({ token, client_id: url }), url: `${issuer}/revoke` })
  t.is(revoked.status, 200, revoked.text)
})
