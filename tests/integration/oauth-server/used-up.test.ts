/** What is used up buys something: a code outlives whatever fails beside its exchange. */

import test from 'ava'
import { OAuthError } from '../../../lib/oauth/error.ts'
import { createDevice, DEVICE_CODE, decide } from '../../support/device.ts'
import { devProvider, startLoginWorld } from '../../support/login-world.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { createPerson } from '../../support/person.ts'

const world = await startLoginWorld({ providers: [devProvider] })
const { send, issuer, ports } = world
const client = createOAuthClient(send, issuer)
const resource = `${issuer}/echo/mcp`
const { client_id } = await client.register({ grant_types: ['authorization_code', DEVICE_CODE] })
test.after.always(() => world.stop())

/** As where grants outlive what is known of a person, and the store takes no more. */
function failOnce(): void {
  const { users } = ports.families
  const { keep } = users
  Object.assign(users, {
    async keep() {
      Object.assign(users, { keep })
      throw new OAuthError('temporarily_unavailable', 'the store does not answer: try again')
    },
  })
}

test.serial('an authorization code can be exchanged again after 503', async (t) => {
  const { url, verifier } = client.begin(client_id, { resource })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  const code = redirect.searchParams.get('code') ?? ''
  const exchange = () =>
    client.token({ grant_type: 'authorization_code', code, code_verifier: verifier, client_id })
  failOnce()
  t.is((await exchange()).status, 503)
  t.is((await exchange()).status, 200)
})

test.serial('so can a device code', async (t) => {
  const device = createDevice(send, issuer)
  const codes = await device.begin({ client_id, resource })
  await decide(createPerson(send), codes, { username: 'bob' })
  failOnce()
  t.is((await device.poll(codes.device_code, { client_id })).status, 503)
  t.is((await device.poll(codes.device_code, { client_id })).status, 200)
})
