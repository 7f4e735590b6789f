/** A service that goes while a person is at their provider: whoever comes back hears that, and not that it is not for them. */

import test from 'ava'
import { createDevice, DEVICE_CODE, openQuestion } from '../../../support/device.ts'
import type { HttpResponse } from '../../../support/http.ts'
import { createCommandedProvider, startLoginWorld } from '../../../support/login-world.ts'
import { createOAuthClient } from '../../../support/oauth-client.ts'
import { createPerson } from '../../../support/person.ts'

const github = createCommandedProvider('github', 'GitHub')
const world = await startLoginWorld({ providers: [github] })
const { send, issuer, live } = world
const all = live.current.services
const oauth = createOAuthClient(send, issuer)
const { client_id } = await oauth.register({ grant_types: ['authorization_code', DEVICE_CODE] })
const device = createDevice(send, issuer)
test.after.always(() => world.stop())
test.afterEach.always(() => live.change({ services: all }))

const takeEchoOut = () =>
  live.change({ services: new Map([...all].filter(([name]) => name !== 'echo')) })
const locationOf = ({ headers }: HttpResponse): string => headers.get('location') ?? ''

test.serial('the client is told, and nobody that they may not use it', async (t) => {
  const person = createPerson(send)
  const page = await person.open(oauth.begin(client_id, { resource: `${issuer}/echo/mcp` }).url)
  const left = await person.submit(page, {})
  await takeEchoOut()
  const back = await person.open(github.vouch(locationOf(left), 'ann'))
  const told = new URL(locationOf(back.response)).searchParams
  t.is(told.get('error'), 'invalid_target')
  t.is(told.get('state'), 'a state')
  t.false(world.lines.some((line) => line.includes('the rules do not let them in')))
  const again = await person.submit(page, {})
  t.is(again.status, 403, 'the question is used up')
})

test.serial('where there is a choice the person chooses again', async (t) => {
  const person = createPerson(send)
  const page = await person.open(oauth.begin(client_id).url)
  const left = await person.submit(page, { service: 'echo' })
  await takeEchoOut()
  const back = await person.open(github.vouch(locationOf(left), 'bob'))
  t.is(back.response.status, 400)
  t.regex(back.response.text, /Choose the service that the application may use/)
  const second = await person.submit(back, { service: 'memory' })
  const done = await person.open(github.vouch(locationOf(second), 'bob'))
  t.true(new URL(locationOf(done.response)).searchParams.has('code'))
})

test.serial('a device is told, and its person sees why', async (t) => {
  const codes = await device.begin({ client_id, resource: `${issuer}/echo/mcp` })
  const person = createPerson(send)
  const question = await openQuestion(person, codes.verification_uri_complete)
  const left = await person.submit(question, {})
  await takeEchoOut()
  const back = await person.open(github.vouch(locationOf(left), 'eve'))
  t.is(back.response.status, 400)
  t.regex(back.response.text, /The service that your device asked for is not there any more/)
  t.is((await device.poll(codes.device_code, { client_id })).json()['error'], 'access_denied')
})

test.serial('a device that left the choice asks for it again', async (t) => {
  const codes = await device.begin({ client_id })
  const person = createPerson(send)
  const question = await openQuestion(person, codes.verification_uri_complete)
  const left = await person.submit(question, { service: 'echo' })
  await takeEchoOut()
  const back = await person.open(github.vouch(locationOf(left), 'fay'))
  t.is(back.response.status, 400)
  t.regex(back.response.text, /Choose the service that the application may use/)
  const second = await person.submit(back, { service: 'memory' })
  const done = await person.open(github.vouch(locationOf(second), 'fay'))
  t.true(done.response.text.includes('Your device is connected'))
})
