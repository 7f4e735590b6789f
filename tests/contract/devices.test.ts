import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { instantOfGrant } from '../../lib/store/instant.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import {
  type DeviceRequest,
  type Devices,
  type DeviceTimes,
  redisDevices,
} from '../../oauth-server/store/devices.ts'
import { redisGrants } from '../../oauth-server/store/grants.ts'
import { redisLogins } from '../../oauth-server/store/logins.ts'
import { redisRefreshFamilies } from '../../oauth-server/store/refresh-families.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const KEY = Buffer.alloc(32, 1)
const TIMES: DeviceTimes = { lifetimeMs: 60_000, intervalMs: 300, toleranceMs: 0, liveMax: 1000 }
const devices = redisDevices(redis, KEY, TIMES)
/** The same store as another process sees it. */
const others = redisDevices(await valkey.connect(), KEY, TIMES)
const grants = redisGrants(redis)
const families = redisRefreshFamilies(redis)
const { login } = await redisLogins(redis).open({
  userId: 'dev:somebody',
  userName: 'somebody',
  authenticatedAt: 1,
})
test.after.always(() => valkey.stop())

const BROWSER = 'the browser'
const NOW = Math.floor(Date.now() / 1000)

const request = (clientId: string): DeviceRequest => ({
  clientId,
  service: 'echo',
  requestedScopes: ['mcp'],
  address: '203.0.113.7',
  requestedAt: 1,
})

const facts = (clientId: string) => ({
  userId: `dev:${clientId}`,
  userName: clientId,
  clientId,
  resource: 'http://localhost:8642/echo/mcp',
  scopes: ['mcp'],
  authenticatedAt: 1,
})

/** Whether it counts. */
const approveBy = async (
  family: Devices,
  confirmationId: string,
  clientId: string,
  browser = BROWSER,
): Promise<boolean> => {
  const approval = { facts: facts(clientId), login }
  return (await family.approve(confirmationId, browser, approval)) === 'approved'
}

const open = async (clientId: string, family = devices) => {
  const codes = await family.open(request(clientId))
  if (codes === undefined) throw new Error('too many')
  return codes
}

const show = async (clientId: string, family = devices) => {
  const codes = await open(clientId, family)
  const shown = await family.show(codes.userCode, BROWSER)
  if (shown === undefined) throw new Error('not shown')
  return { ...codes, ...shown }
}

const approve = async (clientId: string, family = devices) => {
  const shown = await show(clientId, family)
  if (!(await approveBy(family, shown.confirmationId, clientId))) throw new Error('no')
  const poll = await family.poll(shown.deviceCode, clientId)
  if (poll.outcome !== 'approved') throw new Error(poll.outcome)
  return { ...shown, grant: poll.grant }
}

const minting = (grant: { id: string; userId: string; clientId: string }, family?: string) => ({
  grant,
  family,
  keeping: { expiresAt: NOW + 5000, ttlSeconds: 1000 },
})

const race = <T>(count: number, run: (family: typeof devices) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index % 2 === 0 ? devices : others)))

test('what waits is shown as it was asked for, again and again, to the browser that entered the code', async (t) => {
  const { userCode } = await open('shown')
  for (let count = 0; count < 2; count += 1) {
    const shown = await devices.show(userCode, BROWSER)
    t.deepEqual(shown?.request, request('shown'))
    t.deepEqual(await devices.find(shown?.confirmationId ?? '', ['another', BROWSER]), {
      request: request('shown'),
      browser: BROWSER,
    })
    t.is(await devices.find(shown?.confirmationId ?? '', ['another']), undefined)
  }
  t.is(await devices.show('BCDFGHJK', BROWSER), undefined)
  t.is(await devices.find('unknown', [BROWSER]), undefined)
})

test('approved, it is polled without being used up, redeemed once, and its grant is then kept', async (t) => {
  const { deviceCode, grant } = await approve('good')
  t.deepEqual(await devices.poll(deviceCode, 'good'), { outcome: 'approved', grant })
  t.deepEqual(await grants.find(grant.id), { ...facts('good'), id: grant.id })
  t.deepEqual(await grants.ofUser('dev:good'), [grant.id])
  t.true((await redis.ttl(`grant:${grant.id}`)) <= 90)
  t.is(await devices.redeem(deviceCode, minting(grant, 'family-good')), 'redeemed')
  t.true((await redis.ttl(`grant:${grant.id}`)) > 900)
  t.is((await families.findGrant('family-good'))?.id, grant.id)
  t.deepEqual(await devices.poll(deviceCode, 'good'), { outcome: 'redeemed', grant })
  t.is(await devices.redeem(deviceCode, minting(grant)), 'replayed')
})

test('without a refresh token no family begins', async (t) => {
  const { deviceCode, grant } = await approve('plain')
  t.is(await devices.redeem(deviceCode, minting(grant)), 'redeemed')
  t.is(await families.findGrant(''), undefined)
})

test('a poll before the interval is over makes it longer, for good', async (t) => {
  const { deviceCode } = await open('hasty')
  const poll = async () => (await devices.poll(deviceCode, 'hasty')).outcome
  t.is(await poll(), 'pending')
  t.is(await poll(), 'slow_down')
  await sleep(350)
  t.is(await poll(), 'slow_down', 'the first interval is not enough any more')
  await sleep(1000)
  t.is(await poll(), 'pending')
  await sleep(400)
  t.is(await poll(), 'slow_down', 'and stays so')
})

test('haste costs nothing once somebody has decided', async (t) => {
  const { deviceCode, confirmationId } = await show('decided')
  await devices.poll(deviceCode, 'decided')
  t.is((await devices.poll(deviceCode, 'decided')).outcome, 'slow_down')
  await approveBy(devices, confirmationId, 'decided')
  t.is((await devices.poll(deviceCode, 'decided')).outcome, 'approved')
  t.is((await devices.poll(deviceCode, 'decided')).outcome, 'approved')
})

test('denied, it stays so', async (t) => {
  const { deviceCode, confirmationId } = await show('denied')
  t.true(await devices.deny(confirmationId, BROWSER))
  t.false(await devices.deny(confirmationId, BROWSER))
  t.false(await approveBy(devices, confirmationId, 'denied'))
  t.is((await devices.poll(deviceCode, 'denied')).outcome, 'denied')
  t.is((await devices.poll(deviceCode, 'denied')).outcome, 'denied')
  t.deepEqual(await grants.ofUser('dev:denied'), [])
})

test('another client learns nothing and takes nothing', async (t) => {
  const { deviceCode, grant } = await approve('mine')
  t.deepEqual(await devices.poll(deviceCode, 'theirs'), { outcome: 'unknown' })
  t.deepEqual(await devices.poll('unknown', 'mine'), { outcome: 'unknown' })
  const stranger = { ...grant, id: `${instantOfGrant(grant.id)}-x` }
  t.is(await devices.redeem(deviceCode, minting(stranger)), 'unknown')
  t.is(await devices.redeem(deviceCode, minting(grant)), 'redeemed')
})

test('another browser decides nothing, and takes nothing away', async (t) => {
  const { confirmationId, deviceCode } = await show('browser')
  t.false(await approveBy(devices, confirmationId, 'browser', 'another'))
  t.false(await devices.deny(confirmationId, 'another'))
  t.is((await devices.poll(deviceCode, 'browser')).outcome, 'pending')
  t.true(await approveBy(devices, confirmationId, 'browser'))
})

for (const extent of ['browser', 'everywhere'] as const) {
  test(`a login that has ended, ${extent}, approves nothing, and uses nothing up`, async (t) => {
    const userId = `dev:ended-${extent}`
    const logins = redisLogins(redis)
    const ended = await logins.open({ userId, userName: 'ended', authenticatedAt: 1 })
    const { confirmationId, deviceCode } = await show(`ended-${extent}`)
    if (extent === 'browser') await logins.close(ended.cookie)
    else await logins.closeOfUser(userId)
    const approval = { facts: { ...facts(`ended-${extent}`), userId }, login: ended.login }
    t.is(await devices.approve(confirmationId, BROWSER, approval), 'signed-out')
    t.is((await devices.poll(deviceCode, `ended-${extent}`)).outcome, 'pending')
    t.deepEqual(await grants.ofUser(userId), [])
    t.true(await approveBy(devices, confirmationId, `ended-${extent}`), 'by another login')
  })
}

for (const decision of ['approve', 'deny'] as const) {
  test(`after ${decision} the user code leads nowhere, nor does a page opened before`, async (t) => {
    const client = `after-${decision}`
    const { userCode, confirmationId } = await show(client)
    const second = await devices.show(userCode, BROWSER)
    if (decision === 'approve') await approveBy(devices, confirmationId, client)
    else await devices.deny(confirmationId, BROWSER)
    t.is(await devices.show(userCode, BROWSER), undefined)
    for (const id of [confirmationId, second?.confirmationId ?? '']) {
      t.is(await devices.find(id, [BROWSER]), undefined)
      t.false(await approveBy(devices, id, client))
      t.false(await devices.deny(id, BROWSER))
    }
  })
}

test('of 50 racing redemptions one is redeemed', async (t) => {
  const { deviceCode, grant } = await approve('raced')
  const all = await race(50, (family) => family.redeem(deviceCode, minting(grant)))
  t.is(all.filter((outcome) => outcome === 'redeemed').length, 1)
  t.is(all.filter((outcome) => outcome === 'replayed').length, 49)
})

test('of 20 racing approvals one makes a grant', async (t) => {
  const { confirmationId } = await show('double')
  const all = await race(20, (family) => approveBy(family, confirmationId, 'double'))
  t.is(all.filter(Boolean).length, 1)
  t.is((await grants.ofUser('dev:double')).length, 1)
})

test('of approvals racing with denials, on two pages of one device, one decision counts', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const client = `split-${round}`
    const { userCode, confirmationId, deviceCode } = await show(client)
    const second = await others.show(userCode, 'second browser')
    const [approved, denied] = await Promise.all([
      approveBy(devices, confirmationId, client),
      others.deny(second?.confirmationId ?? '', 'second browser'),
    ])
    t.not(approved, denied)
    const { outcome } = await devices.poll(deviceCode, client)
    t.is(outcome, approved ? 'approved' : 'denied')
    t.is((await grants.ofUser(`dev:${client}`)).length, approved ? 1 : 0)
  }
})

test('of polls racing with an approval each says pending or approved, and none consumes', async (t) => {
  const { confirmationId, deviceCode } = await show('meanwhile')
  const [approved, ...polls] = await Promise.all([
    approveBy(others, confirmationId, 'meanwhile'),
    ...Array.from({ length: 20 }, () => devices.poll(deviceCode, 'meanwhile')),
  ])
  t.true(approved)
  for (const { outcome } of polls) t.true(['pending', 'slow_down', 'approved'].includes(outcome))
  t.is((await devices.poll(deviceCode, 'meanwhile')).outcome, 'approved')
})

for (const kind of ['user', 'client', 'grant'] as const) {
  test(`a ${kind} revoked after the approval gets nothing`, async (t) => {
    const { deviceCode, grant } = await approve(`revoked-${kind}`)
    const id = { user: grant.userId, client: grant.clientId, grant: grant.id }[kind]
    await redisRevocations(redis).revoke(kind, id, 4_000_000_000)
    t.is(await devices.redeem(deviceCode, minting(grant, `family-${kind}`)), 'dead')
    t.is(await families.findGrant(`family-${kind}`), undefined)
  })
}

const brief = redisDevices(redis, KEY, { ...TIMES, lifetimeMs: 1000 })

test.serial(
  'expired, it is known as such, and can be neither shown, decided nor redeemed',
  async (t) => {
    const pending = await show('late', brief)
    const approved = await approve('late', brief)
    await sleep(1020)
    t.is((await brief.poll(pending.deviceCode, 'late')).outcome, 'expired')
    t.is((await brief.poll(approved.deviceCode, 'late')).outcome, 'expired')
    t.is(await brief.redeem(approved.deviceCode, minting(approved.grant)), 'expired')
    t.is(await brief.show(pending.userCode, BROWSER), undefined)
    t.is(await brief.find(pending.confirmationId, [BROWSER]), undefined)
    t.false(await approveBy(brief, pending.confirmationId, 'late'))
    t.false(await brief.deny(pending.confirmationId, BROWSER))
  },
)

test.serial(
  'approvals racing with the end of the device code make at most what can be redeemed',
  async (t) => {
    const shown = await Promise.all(Array.from({ length: 10 }, () => show('edge', brief)))
    await sleep(970)
    const approvals = shown.map(async ({ confirmationId, deviceCode }, index) => {
      await sleep(index * 4)
      const approved = await approveBy(brief, confirmationId, 'edge')
      const { outcome } = await brief.poll(deviceCode, 'edge')
      t.true(outcome === 'expired' || (approved && outcome === 'approved'), outcome)
      return approved
    })
    const approved = (await Promise.all(approvals)).filter(Boolean)
    t.is((await grants.ofUser('dev:edge')).length, approved.length)
  },
)

test.serial('there are only so many, and room again when some are decided', async (t) => {
  await redis.del('devices')
  const few = redisDevices(redis, KEY, { ...TIMES, liveMax: 3 })
  const first = await show('few', few)
  await open('few', few)
  const { deviceCode, grant } = await approve('few', few)
  t.is(await few.open(request('few')), undefined)
  await few.deny(first.confirmationId, BROWSER)
  await open('few', few)
  t.is(await few.open(request('few')), undefined)
  await few.redeem(deviceCode, minting(grant))
  t.not(await few.open(request('few')), undefined)
})

test.serial('no code, id or cookie stands in the store, and everything in it ends', async (t) => {
  const { deviceCode, userCode, confirmationId } = await show('secret')
  const keys = await redis.keys('*device*')
  t.true(keys.length > 10)
  for (const key of keys) {
    const name = key.slice(redis.options.keyPrefix?.length)
    const type = await redis.type(name)
    const stored =
      type === 'hash'
        ? JSON.stringify(await redis.hgetall(name))
        : type === 'string'
          ? ((await redis.get(name)) ?? '')
          : (await redis.zrange(name, '0', '-1')).join()
    for (const secret of [deviceCode, userCode, confirmationId, BROWSER]) {
      t.false(`${key} ${stored}`.includes(secret), name)
    }
    if (name !== 'devices') {
      const seconds = await redis.ttl(name)
      t.true(seconds >= 0 && seconds <= 660, `${name} ${seconds}`)
    }
  }
})
