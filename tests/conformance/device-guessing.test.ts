import test from 'ava'
import { digest } from '../../lib/platform/seal.ts'
import { createDevice, DEVICE_CODE, decide, enterCode, from } from '../support/device.ts'
import { startGateway } from '../support/gateway.ts'
import { type HttpResponse, type Send, sendByFetch } from '../support/http.ts'
import { createOAuthClient } from '../support/oauth-client.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { createPerson } from '../support/person.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { verifies } from '../support/verifies.ts'

const gateway = await startGateway()
const room = await startOAuthServer()
test.after.always(() => Promise.all([gateway.remove(), room.stop()]))
const WRONG = 'BCDF-GHJK'

async function begin(send: Send, issuer: string) {
  const client = createOAuthClient(send, issuer)
  const { client_id } = await client.register({ grant_types: ['authorization_code', DEVICE_CODE] })
  const device = createDevice(send, issuer)
  return { client_id, device, ...(await device.begin({ client_id })) }
}

/** Enters a code without a cookie, as a program would that guesses. */
const guess = (send: Send, issuer: string, code: string): Promise<HttpResponse> =>
  send({
    url: `${issuer}/device`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `user_code=${code}`,
  })

const isRefused = (response: HttpResponse): boolean =>
  response.status === 429 && Number(response.headers.get('retry-after')) > 0

verifies('device-user-code-guessed-by-one', async (t) => {
  const { issuer } = room
  const { user_code } = await begin(from('192.0.2.10', room.send), issuer)
  const one = from('192.0.2.1', room.send)
  for (let count = 0; count < 5; count += 1) t.is((await guess(one, issuer, WRONG)).status, 400)
  const sixth = await guess(one, issuer, WRONG)
  t.true(isRefused(sixth))
  t.regex(sixth.headers.get('content-type') ?? '', /html/)
  t.true(sixth.text.includes('Wait a minute'))
  t.true(isRefused(await guess(one, issuer, user_code)), 'a right one now, too')
  t.true(isRefused(await one({ url: `${issuer}/device?user_code=${user_code}` })))
  const neighbour = from('192.0.2.2', room.send)
  t.is((await guess(neighbour, issuer, user_code)).status, 200)

  // One browser that changes its address with each try.
  let number = 0
  const moving = createPerson((request) => {
    number += 1
    return from(`198.51.100.${number}`, room.send)(request)
  })
  for (let count = 0; count < 5; count += 1) {
    t.is((await enterCode(moving, issuer, WRONG)).status, 400)
  }
  t.true(isRefused(await enterCode(moving, issuer, user_code)))

  // All at once: no more are tried than may be wrong.
  const crowd = from('192.0.2.3', room.send)
  const answers = await Promise.all(Array.from({ length: 30 }, () => guess(crowd, issuer, WRONG)))
  t.is(answers.filter(({ status }) => status === 400).length, 5)

  // An IPv6 network is one guesser.
  for (let count = 1; count < 6; count += 1) {
    t.is((await guess(from(`2001:db8::${count}`, room.send), issuer, WRONG)).status, 400)
  }
  t.true(isRefused(await guess(from('2001:db8::9', room.send), issuer, WRONG)))
  // And all that one subscriber may have are sixteen.
  const networks = Array.from({ length: 96 }, (_, index) => `2001:db8:1:${index}::1`)
  const guesses = await Promise.all(
    networks.map((network) => guess(from(network, room.send), issuer, WRONG)),
  )
  const tried = guesses.filter(({ status }) => status === 400).length
  t.true(tried >= 80 && tried < 96, `${tried}`)

  // Right ones do not use up what may be wrong, but are counted.
  const busy = createPerson(from('192.0.2.4', room.send))
  for (let count = 0; count < 10; count += 1) {
    t.is((await enterCode(busy, issuer, user_code)).status, 200)
  }
  t.true(isRefused(await enterCode(busy, issuer, user_code)))
})

verifies('device-class-room', async (t) => {
  const { issuer } = room
  const school = from('192.0.2.30', room.send)
  const { user_code, client_id, device } = await begin(school, issuer)
  const others = await Promise.all(Array.from({ length: 29 }, () => device.begin({ client_id })))
  for (const code of [user_code, ...others.map((codes) => codes.user_code)]) {
    t.is((await enterCode(createPerson(school), issuer, code)).status, 200)
  }
  for (let count = 0; count < 5; count += 1) {
    t.is((await enterCode(createPerson(school), issuer, WRONG)).status, 400)
  }
  t.true(isRefused(await enterCode(createPerson(school), issuer, WRONG)))
  t.true(isRefused(await enterCode(createPerson(school), issuer, user_code)))
  // Right ones have a bound of their own.
  const village = from('192.0.2.31', room.send)
  const answers = []
  for (let count = 0; count < 70; count += 1) {
    answers.push(await enterCode(createPerson(village), issuer, user_code))
  }
  t.true(answers.slice(0, 60).every(({ status }) => status === 200))
  t.true(answers.some(isRefused))
})

verifies('device-user-code-guessed-by-one-forging', async (t) => {
  const { url } = gateway
  const network = sendByFetch(loopbackFetch(gateway.port))
  const waiting = await begin(network, url)
  let tries = 0
  const forging: Send = (request) => {
    tries += 1
    const address = `203.0.113.${tries}`
    const headers = {
      ...request.headers,
      'x-forwarded-for': address,
      'x-real-ip': address,
      'x-envoy-external-address': address,
      forwarded: `for=${address}`,
    }
    return network({ ...request, headers })
  }
  for (let count = 0; count < 5; count += 1) t.is((await guess(forging, url, WRONG)).status, 400)
  t.true(isRefused(await guess(forging, url, WRONG)))
  t.true(isRefused(await guess(forging, url, waiting.user_code)))
  const poll = await waiting.device.poll(waiting.device_code, { client_id: waiting.client_id })
  t.is(poll.json()['error'], 'authorization_pending')
})

verifies('device-user-code-guessed-by-many', async (t) => {
  const { issuer, send } = await startRoom(t)
  const waiting = await begin(from('192.0.2.10', send), issuer)
  const startedAt = performance.now()
  let tried = 0
  const right: HttpResponse[] = []
  // Each address for itself stays below what one may do.
  for (let network = 0; network < 40; network += 1) {
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, index) =>
        guess(from(`10.0.${network}.${index}`, send), issuer, WRONG),
      ),
    )
    tried += answers.filter(({ status }) => status === 400).length
    t.true(answers.every((answer) => answer.status === 400 || isRefused(answer)))
    right.push(await guess(from(`10.1.${network}.1`, send), issuer, waiting.user_code))
  }
  const refilled = (5 * (performance.now() - startedAt)) / 1000
  t.true(tried >= 1000 && tried <= 1000 + refilled + 1, `${tried} of 1280 were tried`)
  t.is(right[0]?.status, 200)
  t.true(right.some(isRefused), 'nobody is told which one is right')
})

verifies('device-expired', async (t) => {
  const { issuer, send, valkey } = room
  const redis = await valkey.connect()
  const waiting = await begin(from('192.0.2.11', send), issuer)
  const approved = await begin(from('192.0.2.12', send), issuer)
  const person = createPerson(from('192.0.2.13', send))
  await decide(person, approved, { username: 'alice', service: 'echo' })
  for (const { device, device_code, client_id } of [waiting, approved]) {
    // A quarter of an hour passes.
    await redis.hset(`device:${digest(device_code)}`, 'expires_at', Date.now() - 1)
    const poll = await device.poll(device_code, { client_id })
    t.is(poll.status, 400)
    t.is(poll.json()['error'], 'expired_token')
  }
  const late = await decide(person, waiting, { username: 'alice', service: 'echo' })
  t.is(late.status, 403)
})

/** With a budget of its own, which the test uses up. */
async function startRoom(t: { teardown(end: () => Promise<void>): void }) {
  const started = await startOAuthServer()
  t.teardown(() => started.stop())
  return started
}
