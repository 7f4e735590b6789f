/** Rules that change while a person connects a device: the device gets nothing by it. */

import test from 'ava'
import { OPEN_ACCESS } from '../../../lib/catalogue/access-rules.ts'
import { OAuthError } from '../../../lib/oauth/error.ts'
import type { Access } from '../../../oauth-server/access/access.ts'
import { createDevice, DEVICE_CODE, decide } from '../../support/device.ts'
import { devProvider, startLoginWorld } from '../../support/login-world.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { createPerson } from '../../support/person.ts'

const NOBODY = { gateway: [], services: new Map() }

let asked = 0
/** Which time that the rules are asked they have just changed; 0 for never. */
let changesAt = 0
/** Which time nobody can tell. */
let failsAt = 0

const asking =
  (question: 'allows' | 'stillAllows'): Access['allows'] =>
  async (userId, service) => {
    asked += 1
    if (asked === changesAt) await world.live.change({ access: NOBODY })
    if (asked === failsAt) throw new OAuthError('temporarily_unavailable', 'nobody can tell')
    return await world.liveAccess[question](userId, service)
  }

const world = await startLoginWorld({
  providers: [devProvider],
  access: { allows: asking('allows'), stillAllows: asking('stillAllows') },
})
const { send, issuer, ports } = world
const { client_id } = await createOAuthClient(send, issuer).register({
  grant_types: ['authorization_code', DEVICE_CODE],
})
const device = createDevice(send, issuer)
test.after.always(() => world.stop())

async function connect(username: string) {
  const codes = await device.begin({ client_id, resource: `${issuer}/echo/mcp` })
  const page = await decide(createPerson(send), codes, { username })
  const answer = await device.poll(codes.device_code, { client_id })
  const { grants } = ports.families
  const ids = await grants.ofUser(`dev:${username}`)
  const alive = (await Promise.all(ids.map(grants.find))).filter((one) => one !== undefined)
  return { page: page.status, polled: answer.status, alive: alive.length }
}

test.beforeEach(async () => {
  asked = 0
  changesAt = 0
  failsAt = 0
  await world.live.change({ access: OPEN_ACCESS })
})

test.serial('without a change it is connected', async (t) => {
  t.deepEqual(await connect('alice'), { page: 200, polled: 200, alive: 1 })
  t.is(asked, 4, 'at the login, before and after the grant, and when it is redeemed')
})

for (const [when, at] of [
  ['while the person logs in', 1],
  ['before the grant', 2],
  ['after the grant', 3],
] as const) {
  test.serial(`a change ${when}`, async (t) => {
    changesAt = at
    t.deepEqual(await connect(`eve-${at}`), { page: 403, polled: 400, alive: 0 })
  })
}

test.serial('where nobody can tell after the grant, the person is told what is true', async (t) => {
  failsAt = 3
  t.deepEqual(await connect('frank'), { page: 200, polled: 200, alive: 1 })
})

test.serial('and a change that nobody could tell then is seen by the device', async (t) => {
  changesAt = 3
  failsAt = 3
  t.deepEqual(await connect('eve-5'), { page: 200, polled: 400, alive: 0 })
})

test.serial('a change before the device has asked', async (t) => {
  changesAt = 4
  t.deepEqual(await connect('eve-4'), { page: 200, polled: 400, alive: 0 })
})

test.serial('a change at the grant, and nobody looks again but the device that asks', async (t) => {
  const { devices } = ports.families
  const { approve } = devices
  Object.assign(devices, {
    async approve(...approval: Parameters<typeof approve>) {
      await world.live.change({ access: NOBODY })
      await approve(...approval)
      throw new Error('the process has ended')
    },
  })
  const connected = await connect('eve-0')
  Object.assign(devices, { approve })
  t.deepEqual(connected, { page: 500, polled: 400, alive: 0 })
})
