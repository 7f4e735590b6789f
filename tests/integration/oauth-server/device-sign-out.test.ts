/** Signing out, or being disabled, while another tab connects a device: the device gets nothing by it. */

import test from 'ava'
import { OAuthError } from '../../../lib/oauth/error.ts'
import { createDevice, DEVICE_CODE, decide } from '../../support/device.ts'
import { devProvider, startLoginWorld } from '../../support/login-world.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOperator } from '../../support/operator.ts'
import { createPerson } from '../../support/person.ts'

const world = await startLoginWorld({ providers: [devProvider] })
const { send, issuer } = world
const { devices, grants, logins, disabledUsers } = world.ports.families
const operator = await startOperator(world)
const { client_id } = await createOAuthClient(send, issuer).register({
  grant_types: ['authorization_code', DEVICE_CODE],
})
const device = createDevice(send, issuer)
const { approve } = devices
test.after.always(async () => {
  await operator.stop()
  await world.stop()
})

const begin = () => device.begin({ client_id, resource: `${issuer}/echo/mcp` })

const alive = async (username: string) => {
  const ids = await grants.ofUser(`dev:${username}`)
  return (await Promise.all(ids.map(grants.find))).filter((one) => one !== undefined).length
}

/** The store fails from the moment on in which the device has its grant. */
function failAfterApproval(before: () => Promise<void>): () => void {
  const families = [logins, grants, disabledUsers] as const
  const working = families.map((family) => ({ ...family }))
  const fail = () => Promise.reject(new OAuthError('temporarily_unavailable', 'no store'))
  Object.assign(devices, {
    async approve(...approval: Parameters<typeof approve>) {
      await before()
      const outcome = await approve(...approval)
      Object.assign(logins, { find: fail, stands: fail })
      Object.assign(grants, { ofUser: fail, find: fail })
      Object.assign(disabledUsers, { has: fail })
      return outcome
    },
  })
  return () => {
    Object.assign(devices, { approve })
    for (const [index, family] of families.entries()) Object.assign(family, working[index])
  }
}

for (const [how, end] of [
  ['signed out', (_name, cookie) => logins.close(cookie)],
  ['signed out everywhere', (name) => logins.closeOfUser(`dev:${name}`)],
  [
    'was disabled',
    async (name) => {
      await operator.told('users/disable', { user: `dev:${name}` })
    },
  ],
] as const satisfies readonly [string, (name: string, cookie: string) => Promise<void>][]) {
  test.serial(
    `whoever ${how} meanwhile connects nothing, if nothing can be looked at afterwards`,
    async (t) => {
      const username = how.replaceAll(' ', '-')
      const person = createPerson(send)
      await person.submit(await person.open(`${issuer}/login`), { username })
      const [, cookie = ''] = [...person.cookies].find(([name]) => name.includes('-login-')) ?? []
      const codes = await begin()
      const page = await person.open(codes.verification_uri_complete)
      const restore = failAfterApproval(() => end(username, cookie))
      const answer = await person.submit(page, {})
      restore()
      t.is(answer.status, 403)
      t.regex(answer.text, /You have signed in or out since this page was opened/)
      const poll = await device.poll(codes.device_code, { client_id })
      t.is(poll.json()['error'], 'authorization_pending')
      t.is(await alive(username), 0)
    },
  )
}

for (const when of ['before', 'after'] as const) {
  for (const extent of ['browser', 'everywhere'] as const) {
    test.serial(`signing out ${when} the grant is made: ${extent}`, async (t) => {
      const username = `${when}-${extent}`
      const person = createPerson(send)
      t.is((await decide(person, await begin(), { username })).status, 200)
      t.is(await alive(username), 1)
      const codes = await begin()
      const signOut = async () => {
        const page = await person.open(`${issuer}/logout`)
        t.is((await person.post(page, { extent })).status, 200)
      }
      const slow: typeof devices = {
        ...devices,
        async approve(...approval) {
          if (when === 'before') await signOut()
          const approved = await approve(...approval)
          if (when === 'after') await signOut()
          return approved
        },
      }
      Object.assign(devices, slow)
      const page = await decide(person, codes, {})
      Object.assign(devices, { approve })
      const { error } = (await device.poll(codes.device_code, { client_id })).json()
      // Whoever signs out before has decided nothing; whoever does so after ends what they had connected.
      if (when === 'before') t.deepEqual([page.status, error], [403, 'authorization_pending'])
      else t.deepEqual([page.status, error], [200, 'invalid_grant'])
      t.is(await alive(username), 0)
    })
  }
}
