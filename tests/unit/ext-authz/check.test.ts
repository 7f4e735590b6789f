import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { type CheckInput, type CheckPorts, decide } from '../../../ext-authz/check.ts'
import { createVerifiedTokens } from '../../../ext-authz/verified-tokens.ts'
import { type AccessTokenClaims, signAccessToken } from '../../../lib/oauth/access-token.ts'
import type { Presented, RevocationAnswer } from '../../../lib/store/revocation.ts'

const NOW_MS = 1_700_000_000_000
const NOW = NOW_MS / 1000
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { kid: 'k', algorithm: 'ES256', privateKey } as const

const CLAIMS: AccessTokenClaims = {
  iss: 'https://gw.example',
  sub: 'dev:alice',
  aud: 'https://gw.example/echo/mcp',
  client_id: 'c',
  scope: 'mcp echo:write',
  jti: 't',
  iat: NOW,
  exp: NOW + 60,
  auth_time: NOW,
  grant_id: '1-g',
  preferred_username: 'alice',
}

const resource = {
  service: 'echo',
  identifier: CLAIMS.aud,
  metadataUrl: 'https://gw.example/.well-known/oauth-protected-resource/echo/mcp',
  baseScope: 'mcp',
  asksEachTime: false,
}

const PORTS: CheckPorts = {
  issuer: CLAIMS.iss,
  findResource: (service) => (service === 'echo' ? resource : undefined),
  isAllowedOrigin: (origin) => origin === 'https://page.example',
  findKey: (kid) => (kid === 'k' ? publicKey : undefined),
  revocations: {
    recall: () => ({ revoked: false }),
    ask: async () => ({ revoked: false }),
  },
  get verifiedTokens() {
    return createVerifiedTokens()
  },
}

async function input(claims: Partial<AccessTokenClaims> = {}): Promise<CheckInput> {
  const token = signAccessToken({ ...CLAIMS, ...claims }, key)
  return { service: 'echo', authorization: [`Bearer ${token}`], origin: [] }
}

async function reasonOf(asked: CheckInput, ports: Partial<CheckPorts> = {}): Promise<string> {
  const decision = await decide(asked, { ...PORTS, ...ports }, () => NOW_MS)
  return decision.allow ? 'allowed' : decision.reason
}

test('allows and names who calls', async (t) => {
  const decision = await decide(await input(), PORTS, () => NOW_MS)
  t.deepEqual(decision, {
    allow: true,
    encoded: undefined,
    identity: {
      userId: 'dev:alice',
      userName: 'alice',
      clientId: 'c',
      scopes: ['mcp', 'echo:write'],
      grantId: '1-g',
      tokenId: 't',
      expiresAt: NOW + 60,
      issuedAt: NOW,
    },
  })
})

test('refuses a route that names no service of ours, whatever the token', async (t) => {
  t.is(await reasonOf({ ...(await input()), service: undefined }), 'unknown_service')
  t.is(await reasonOf({ ...(await input()), service: 'other' }), 'unknown_service')
})

test('refuses a foreign origin, and two of which one is foreign', async (t) => {
  const asked = await input()
  t.is(await reasonOf({ ...asked, origin: ['https://page.example'] }), 'allowed')
  t.is(await reasonOf({ ...asked, origin: ['https://evil.example'] }), 'foreign_origin')
  t.is(
    await reasonOf({ ...asked, origin: ['https://page.example', 'https://evil.example'] }),
    'foreign_origin',
  )
})

test('refuses without a token', async (t) => {
  t.is(await reasonOf({ service: 'echo', authorization: [], origin: [] }), 'no_token')
})

test('refuses a token past its time and not within the tolerance', async (t) => {
  t.is(await reasonOf(await input({ exp: NOW - 4 })), 'allowed')
  t.is(await reasonOf(await input({ exp: NOW - 6 })), 'expired')
})

test('refuses another audience', async (t) => {
  t.is(await reasonOf(await input({ aud: 'https://gw.example/memory/mcp' })), 'wrong_audience')
})

test('asks about token, grant, client, user and age at once', async (t) => {
  const asked: Presented[] = []
  await reasonOf(await input(), {
    revocations: {
      recall: () => undefined,
      ask: async (presented) => {
        asked.push(presented)
        return { revoked: false }
      },
    },
  })
  const [tokenId, grantId, clientId, userId] = ['t', '1-g', 'c', 'dev:alice']
  t.is(asked.length, 1)
  t.like(asked[0], { tokenId, grantId, clientId, userId, issuedAt: NOW })
})

test('refuses what is revoked', async (t) => {
  const revoked = { revoked: true, by: 'user' } as const
  const { ask, recall } = PORTS.revocations
  const ways = [
    { recall: () => revoked, ask },
    { recall: () => undefined, ask: async () => revoked },
  ]
  for (const revocations of ways) t.is(await reasonOf(await input(), { revocations }), 'revoked')
  t.is(await reasonOf(await input(), { revocations: { recall, ask } }), 'allowed')
})

test('does not take a store’s silence for a yes, nor for the token’s fault', async (t) => {
  const fails = () => Promise.reject(new Error('no answer'))
  const revocations = { recall: () => undefined, ask: fails }
  t.is(await reasonOf(await input(), { revocations }), 'store_unavailable')
  t.is(await reasonOf(await input(), { findKey: fails }), 'keys_unavailable')
})

test('refuses a key we do not know', async (t) => {
  t.is(await reasonOf(await input(), { findKey: async () => undefined }), 'unknown_key')
})

test('refuses a scope without the base scope and tells what was granted', async (t) => {
  const decision = await decide(await input({ scope: 'echo:write' }), PORTS, () => NOW_MS)
  t.like(decision, { allow: false, reason: 'insufficient_scope', granted: ['echo:write'] })
})

test('turns what nobody foresaw into a denial', async (t) => {
  const broken = () => {
    throw new TypeError('broken')
  }
  t.is(await reasonOf(await input(), { findResource: broken }), 'unforeseen')
})

/** Ports that count how often a signature was verified and the store was asked. */
function counting(ports: Partial<CheckPorts> = {}) {
  const counts = { keys: 0, asked: 0 }
  const counted: CheckPorts = {
    ...PORTS,
    findKey: () => {
      counts.keys += 1
      return publicKey
    },
    revocations: {
      recall: () => ({ revoked: false }),
      ask: async () => {
        counts.asked += 1
        return { revoked: false }
      },
    },
    verifiedTokens: createVerifiedTokens(),
    ...ports,
  }
  return { counts, counted }
}

test('verifies a token once, and gives the same decision from then on, without the store', async (t) => {
  const { counts, counted } = counting()
  const asked = await input()
  const first = await decide(asked, counted, () => NOW_MS)
  t.is(
    decide(asked, counted, () => NOW_MS),
    first,
  )
  t.deepEqual(counts, { keys: 1, asked: 0 })
})

test('a token in memory expires like any other', async (t) => {
  const { counted } = counting()
  const asked = await input()
  t.is(await reasonOf(asked, counted), 'allowed')
  const later = await decide(asked, counted, () => (NOW + 65) * 1000)
  t.like(later, { allow: false, reason: 'expired' })
})

test('a token in memory of a clock that was ahead counts as little as any other', async (t) => {
  const asked = await input({ exp: NOW + 90_000 })
  const ports = { ...PORTS, verifiedTokens: createVerifiedTokens() }
  const reasonAt = async (now: number) => {
    const decision = await decide(asked, ports, () => now)
    return decision.allow ? 'allowed' : decision.reason
  }
  t.is(await reasonAt(NOW_MS), 'allowed')
  t.is(await reasonAt(NOW_MS - 30_000), 'allowed', 'clocks differ by so much')
  t.is(await reasonAt(NOW_MS - 86_400_000), 'malformed')
  t.is(await reasonAt(NOW_MS), 'allowed')
})

test('a token in memory is asked after at each request', async (t) => {
  let answer: RevocationAnswer = { revoked: false }
  const { ask } = PORTS.revocations
  const { counted } = counting({ revocations: { recall: () => answer, ask } })
  const asked = await input()
  t.is(await reasonOf(asked, counted), 'allowed')
  answer = { revoked: true, by: 'grant' }
  t.is(await reasonOf(asked, counted), 'revoked')
})

test('a token in memory is another question at another service, and beside a second header', async (t) => {
  const { counted } = counting({
    findResource: (service) => ({
      ...resource,
      service,
      identifier: `https://gw.example/${service}/mcp`,
    }),
  })
  const asked = await input()
  t.is(await reasonOf(asked, counted), 'allowed')
  t.is(await reasonOf({ ...asked, service: 'memory' }, counted), 'wrong_audience')
  const [header = ''] = asked.authorization
  t.is(await reasonOf({ ...asked, authorization: [header, header] }, counted), 'malformed')
  t.is(await reasonOf({ ...asked, origin: ['https://evil.example'] }, counted), 'foreign_origin')
})

test('what was refused is not kept', async (t) => {
  const { counted } = counting()
  await reasonOf(await input({ aud: 'https://gw.example/memory/mcp' }), counted)
  await reasonOf({ ...(await input()), authorization: ['Bearer a.b.c'] }, counted)
  t.is(counted.verifiedTokens.size, 0)
})

test('a service that must be certain has the store asked at each request', async (t) => {
  const { counts, counted } = counting({
    findResource: () => ({ ...resource, asksEachTime: true }),
  })
  const asked = await input()
  for (let times = 0; times < 3; times += 1) t.is(await reasonOf(asked, counted), 'allowed')
  t.deepEqual(counts, { keys: 1, asked: 3 })
})

test('the memory is bounded, and what is asked for stays in it', (t) => {
  const tokens = createVerifiedTokens(10)
  const decision = { allow: false, reason: 'revoked', detail: '' } as const
  const presented = { tokenId: '', grantId: '', clientId: '', userId: '', issuedAt: 0 }
  const token = { service: 'echo', presented, validUntil: 0, decision }
  for (let number = 0; number < 1000; number += 1) {
    tokens.add(`token ${number}`, token)
    t.is(tokens.find('token 0'), token)
    t.true(tokens.size <= 20)
  }
  t.is(tokens.find('token 1'), undefined)
  tokens.clear()
  t.is(tokens.size, 0)
})
