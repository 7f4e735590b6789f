/** Signing out in one tab while another one connects a device: the device gets nothing by it. */

import test from 'ava'
import { createDevice, DEVICE_CODE, decide } from '../../support/device.ts'
import { devProvider, startLoginWorld } from '../../support/login-world.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { createPerson } from '../../support/person.ts'

const world = await startLoginWorld({ providers: [devProvider] })
const { send, issuer } = world
const { devices, grants } = world.ports.families
const { client_id } = await createOAuthClient(send, issuer).register({
  grant_types: ['authorization_code', DEVICE_CODE],
})
const device = createDevice(send, issuer)
const { approve } = devices
test.after.always(() => world.stop())

const begin = () => device.begin({ client_id, resource: `${issuer}/echo/mcp` })

const alive = async (username: string) => {
  const ids = await grants.ofUser(`dev:${username}`)
  return (await Promise.all(ids.map(grants.find))).filter((one) => one !== undefined).length
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
      t.is(page.status, 403)
      t.is((await device.poll(codes.device_code, { client_id })).json()['error'], 'invalid_grant')
      t.is(await alive(username), 0)
    })
  }
}
