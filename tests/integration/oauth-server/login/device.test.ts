/** A device whose person logs in at a provider. */

import test from 'ava'
import { ProviderError } from '../../../../oauth-server/login/providers/provider.ts'
import { createDevice, DEVICE_CODE, openQuestion } from '../../../support/device.ts'
import type { HttpResponse } from '../../../support/http.ts'
import { createCommandedProvider, startLoginWorld } from '../../../support/login-world.ts'
import { createOAuthClient } from '../../../support/oauth-client.ts'
import { createPerson } from '../../../support/person.ts'

const github = createCommandedProvider('github', 'GitHub')
const okta = createCommandedProvider('okta', 'Okta')
const world = await startLoginWorld({ providers: [github, okta] })
const { send, issuer } = world
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register({ grant_types: ['authorization_code', DEVICE_CODE] })
test.after.always(() => world.stop())

const device = createDevice(send, issuer)
const begin = () => device.begin({ client_id, resource: `${issuer}/echo/mcp` })
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

test('the question offers the providers; the device is connected after the callback', async (t) => {
  const codes = await begin()
  const person = createPerson(send)
  const question = await openQuestion(person, codes.verification_uri_complete)
  t.true(question.response.text.includes('Log in with GitHub'))
  t.true(question.response.text.includes('Approve and log in</button>'))
  t.is((await person.submit(question, {})).status, 400)
  const left = await person.submit(question, { provider: 'okta' })
  t.is(okta.asked(locationOf(left))?.redirectUri, `${issuer}/callback/okta`)
  const waiting = await device.poll(codes.device_code, { client_id })
  t.is(waiting.json()['error'], 'authorization_pending')
  const done = await person.open(okta.vouch(locationOf(left), 'mona'))
  t.is(done.response.status, 200)
  t.true(done.response.text.includes('Your device is connected'))
  const [grant] = await world.ports.families.grants.ofUser('okta:id-of-mona')
  t.is((await world.ports.families.grants.find(grant ?? ''))?.clientId, client_id)
})

test('what fails at the provider leaves the device waiting, with the same code on the page', async (t) => {
  const codes = await begin()
  const person = createPerson(send)
  const question = await openQuestion(person, codes.verification_uri_complete)
  const left = await person.submit(question, { provider: 'github' })
  const error = new ProviderError('github', 'unavailable', 'no answer')
  const again = await person.open(github.answer(locationOf(left), error))
  t.is(again.response.status, 503)
  t.true(again.response.text.includes(codes.user_code))
  const second = await person.submit(again, { provider: 'github' })
  const done = await person.open(github.vouch(locationOf(second), 'patient'))
  t.true(done.response.text.includes('Your device is connected'))
})

test('a device that was denied meanwhile, or connected in another tab, is not connected again', async (t) => {
  for (const decision of ['deny', 'approve'] as const) {
    const codes = await begin()
    const person = createPerson(send)
    const question = await openQuestion(person, codes.verification_uri_complete)
    const [first, second] = [
      await person.submit(question, { provider: 'github' }),
      await person.submit(question, { provider: 'github' }),
    ]
    if (decision === 'deny') await person.submit(question, { decision })
    else await person.open(github.vouch(locationOf(first), 'twice'))
    const late = await person.open(github.vouch(locationOf(second), 'late'))
    t.is(late.response.status, 403)
  }
  t.deepEqual(await world.ports.families.grants.ofUser('github:id-of-late'), [])
})

test('a login that another browser comes back with connects nothing', async (t) => {
  const codes = await begin()
  const attacker = createPerson(send)
  const question = await openQuestion(attacker, codes.verification_uri_complete)
  const left = await attacker.submit(question, { provider: 'github' })
  const victim = createPerson(send)
  await victim.open(`${issuer}/device`)
  const { response } = await victim.open(github.vouch(locationOf(left), 'victim'))
  t.is(response.status, 400)
  t.deepEqual(await world.ports.families.grants.ofUser('github:id-of-victim'), [])
})
