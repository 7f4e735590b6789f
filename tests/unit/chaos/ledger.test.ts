/** The judge of the chaos run can say no: a made-up world breaks each rule once, and a sound one breaks none. */

import test from 'ava'
import { SignJWT } from 'jose'
import { Ledger } from '../../chaos/ledger/ledger.ts'

const ECHO = 'http://localhost:1/echo/mcp'
let number = 0

async function mint(changes: object = {}): Promise<string> {
  number += 1
  const claims = { jti: `token-${number}`, grant_id: `grant-${number}`, client_id: 'client' }
  return await new SignJWT({ ...claims, sub: 'dev:ann', aud: ECHO, ...changes })
    .setExpirationTime('1h')
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new Uint8Array(32))
}

function createWorld() {
  let now = 0
  const ledger = new Ledger(() => now)
  const knock = (accessToken: string, status: number, endpoint = ECHO): void =>
    ledger.knocked({ accessToken, endpoint, sentAt: now, status })
  const broken = (): string[] => ledger.violations.map(({ invariant }) => invariant)
  const wait = (ms: number): void => {
    now += ms
  }
  return { ledger, knock, broken, wait }
}

test('a revoked token is let in for two seconds and not later, whatever of it was revoked', async (t) => {
  for (const kind of ['token', 'grant', 'client', 'user'] as const) {
    const { ledger, knock, broken, wait } = createWorld()
    const token = await mint()
    const issued = ledger.accessIssued(token, 0)
    wait(10)
    const acknowledge = ledger.revoking(kind, issued[kind])
    knock(token, 200)
    wait(5000)
    knock(token, 200)
    t.deepEqual(broken(), [], `${kind}: nobody has acknowledged it yet`)
    acknowledge()
    wait(1999)
    knock(token, 200)
    t.deepEqual(broken(), [], `${kind}: within the bound`)
    wait(2)
    knock(token, 401)
    knock(token, 503)
    t.deepEqual(broken(), [], `${kind}: refused`)
    knock(token, 200)
    t.deepEqual(broken(), ['revoked-accepted'], kind)
    knock(token, 404)
    t.is(broken().length, 2, 'no answer of the server behind is for who is revoked')
  }
})

test('what a person granted after the revocation counts', async (t) => {
  const { ledger, knock, broken, wait } = createWorld()
  const acknowledge = ledger.revoking('user', 'dev:ann')
  wait(10)
  const during = await mint()
  ledger.accessIssued(during, 10)
  acknowledge()
  wait(10)
  const after = await mint()
  ledger.accessIssued(after, 20)
  wait(5000)
  knock(after, 200)
  knock(during, 200)
  knock(during, 401)
  t.deepEqual(broken(), [], 'meanwhile it may be either')
  knock(after, 401)
  t.deepEqual(broken(), ['good-refused'])
})

test('a good token is never called bad', async (t) => {
  const { ledger, knock, broken } = createWorld()
  const token = await mint()
  ledger.accessIssued(token, 0)
  knock(token, 503)
  t.deepEqual(broken(), [])
  knock(token, 401)
  t.deepEqual(broken(), ['good-refused'])
})

test('what expires is called bad by everybody, and its grant stays good', async (t) => {
  const { ledger, knock, broken, wait } = createWorld()
  const token = await mint()
  ledger.accessIssued(token, 0)
  wait(3_600_000)
  knock(token, 401)
  t.deepEqual(broken(), [])
  t.is(ledger.grantStandingOf(token, 3_600_000), 'good')
})

test('a token opens its own endpoint, and nobody else’s token opens anything', async (t) => {
  const { ledger, knock, broken } = createWorld()
  const token = await mint()
  ledger.accessIssued(token, 0)
  knock(token, 401, 'http://localhost:1/other/mcp')
  knock('forged', 401)
  t.deepEqual(broken(), [])
  knock(token, 200, 'http://localhost:1/other/mcp')
  knock('forged', 202)
  t.deepEqual(broken(), ['foreign-accepted', 'foreign-accepted'])
})

const answer = (name: string) => ({
  accessToken: `${name}-access`,
  refreshToken: `${name}-refresh`,
})

test('a code is redeemed once', (t) => {
  const { ledger, broken } = createWorld()
  ledger.codeRedeemed('one', answer('one'))
  ledger.codeRedeemed('two', answer('two'))
  t.deepEqual(broken(), [])
  ledger.codeRedeemed('one', answer('three'))
  t.deepEqual(broken(), ['code-twice'])
})

test('a refresh token is redeemed for one answer, and within the grace alone', (t) => {
  const { ledger, broken, wait } = createWorld()
  ledger.refreshed('one', answer('one'), 0)
  wait(29_000)
  ledger.refreshed('one', answer('one'), 29_000)
  t.deepEqual(broken(), [])
  ledger.refreshed('one', answer('other'), 29_000)
  t.deepEqual(broken(), ['refresh-twice'], 'another answer')
  wait(2000)
  ledger.refreshed('one', answer('one'), 31_000)
  t.is(broken().length, 2, 'after the grace')
})

test('the grace is as long as the store’s clock makes it', (t) => {
  const { ledger, broken, wait } = createWorld()
  ledger.refreshed('one', answer('one'), 0)
  wait(100)
  ledger.exchanges.stepped(100, -20_000)
  t.true(ledger.exchanges.isWithinGrace(0, 29_000))
  wait(40_000)
  ledger.refreshed('one', answer('one'), 40_100)
  t.deepEqual(broken(), [], 'put back: longer')
  ledger.exchanges.stepped(200, 20_000)
  t.true(ledger.exchanges.isWithinGrace(0, 9000))
  t.false(ledger.exchanges.isWithinGrace(0, 11_000), 'put forward: shorter')
})

test('a message is for who asked', (t) => {
  const { ledger, broken } = createWorld()
  ledger.told('ann', 'ann#1', true)
  t.deepEqual(broken(), [])
  ledger.told('ann', 'bob#1', false)
  t.deepEqual(broken(), ['message-foreign'])
})

test('of one kind twenty violations are kept', (t) => {
  const { ledger, broken } = createWorld()
  for (let count = 0; count < 50; count += 1) ledger.told('ann', 'bob', false)
  t.is(broken().length, 20)
})
