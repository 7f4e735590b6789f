import { KeyObject } from 'node:crypto'
import test from 'ava'
import { generateKeyPair } from 'jose'
import { type CheckInput, type CheckPorts, decide } from '../../../ext-authz/check.ts'
import { type AccessTokenClaims, signAccessToken } from '../../../lib/oauth/access-token.ts'
import type { Presented } from '../../../lib/store/revocations.ts'

const NOW_MS = 1_700_000_000_000
const NOW = NOW_MS / 1000
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const key = { kid: 'k', algorithm: 'ES256', privateKey: KeyObject.from(privateKey) } as const

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
}

const PORTS: CheckPorts = {
  issuer: CLAIMS.iss,
  findResource: (service) => (service === 'echo' ? resource : undefined),
  isAllowedOrigin: (origin) => origin === 'https://page.example',
  findKey: async (kid) => (kid === 'k' ? publicKey : undefined),
  askRevocations: async () => ({ revoked: false }),
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
    identity: {
      userId: 'dev:alice',
      userName: 'alice',
      clientId: 'c',
      scopes: ['mcp', 'echo:write'],
      grantId: '1-g',
      tokenId: 't',
      expiresAt: NOW + 60,
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
    askRevocations: async (presented) => {
      asked.push(presented)
      return { revoked: false }
    },
  })
  const [tokenId, grantId, clientId, userId] = ['t', '1-g', 'c', 'dev:alice']
  t.deepEqual(asked, [{ tokenId, grantId, clientId, userId, issuedAt: NOW }])
})

test('refuses what is revoked', async (t) => {
  const revoked = { askRevocations: async () => ({ revoked: true, by: 'user' }) as const }
  t.is(await reasonOf(await input(), revoked), 'revoked')
})

test('does not take a store’s silence for a yes, nor for the token’s fault', async (t) => {
  const fails = () => Promise.reject(new Error('no answer'))
  t.is(await reasonOf(await input(), { askRevocations: fails }), 'store_unavailable')
  t.is(await reasonOf(await input(), { findKey: fails }), 'store_unavailable')
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
