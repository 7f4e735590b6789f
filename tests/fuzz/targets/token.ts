/** POST /token: every grant, and no answer for what is not the very secret. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { assertAnswer } from '../harness/answers.ts'
import { isRepeated, type Pairs, readPairs, toFields } from '../harness/form.ts'
import type { Target } from '../harness/fuzz.ts'
import { type Answer, toHeaderValue } from '../harness/send.ts'
import { fill, MACHINE_SECRET, WEB_REDIRECTS, type World } from '../harness/world.ts'
import { isOurs, wordsOf } from './authorize.ts'

const REDIRECT = encodeURIComponent(WEB_REDIRECTS[0] ?? '')
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
export const BASIC = `Basic ${Buffer.from(`nightly:${MACHINE_SECRET}`).toString('base64')}`

/** What each grant sends when nothing is wrong. */
const GOOD: readonly string[] = [
  `grant_type=authorization_code&code=CODE&code_verifier=PROOF&redirect_uri=${REDIRECT}&client_id=CLIENT_WEB&resource=RESOURCE`,
  'grant_type=authorization_code&code=CODE&code_verifier=PROOF&client_id=CLIENT_WEB',
  'grant_type=refresh_token&refresh_token=REFRESH&client_id=CLIENT_WEB&resource=RESOURCE&scope=mcp',
  `grant_type=${encodeURIComponent(DEVICE_GRANT)}&device_code=DEVICE_CODE&client_id=CLIENT_DEVICE`,
  `grant_type=client_credentials&client_id=nightly&client_secret=${encodeURIComponent(MACHINE_SECRET)}&resource=RESOURCE`,
]
const VALUES = [
  'CLIENT_NATIVE',
  'CLIENT_KEPT',
  'nightly',
  'refresh_token',
  'client_credentials',
  'password',
  'REFRESHx',
  'CODE.',
  'xPROOF',
  'https%3A%2F%2Fevil.example%2Fmcp',
  'ISSUER',
  'ACCESS',
  '',
  '%00',
  '%ff%fe',
  `${REDIRECT}%2F`,
]
const NAMES = [
  'client_id',
  'client_secret',
  'code',
  'refresh_token',
  'code_verifier',
  'resource',
  'scope',
  'redirect_uri',
  'client_assertion',
  'client_assertion_type',
  'grant_type',
  'device_code',
]

/** One of `forms` with up to two of its parameters bent. */
export function bent(
  forms: readonly string[],
  values: readonly string[],
  names: readonly string[],
): fc.Arbitrary<string> {
  const bend = fc.tuple(
    fc.nat(9),
    fc.constantFrom('set', 'remove', 'add', 'double'),
    fc.constantFrom(...values),
    fc.constantFrom(...names),
  )
  return fc
    .tuple(fc.constantFrom(...forms), fc.array(bend, { maxLength: 2 }))
    .map(([form, bends]) => bends.reduce(bendOnce, form.split('&')).join('&'))
}

type Bend = readonly [where: number, how: string, value: string, name: string]

function bendOnce(parts: readonly string[], [where, how, value, name]: Bend): string[] {
  const at = where % Math.max(1, parts.length)
  const part = parts[at] ?? ''
  if (how === 'remove') return parts.toSpliced(at, 1)
  if (how === 'add') return [...parts, `${name}=${value}`]
  return how === 'double' ? [...parts, part] : parts.with(at, `${part.split('=')[0]}=${value}`)
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** A body, or a line with the Authorization header before it. */
export function split(bytes: Buffer): {
  readonly authorization: string | undefined
  readonly body: Buffer
} {
  const at = bytes.indexOf('\n')
  if (at === -1 || !/^(?:basic|bearer)/i.test(bytes.toString('latin1', 0, 6)))
    return { authorization: undefined, body: bytes }
  return {
    authorization: toHeaderValue(bytes.toString('latin1', 0, at)),
    body: bytes.subarray(at + 1),
  }
}

interface Held {
  access: string
  refresh: string
}

/** A pair of tokens of `web`, for whoever needs a good one. */
export async function obtain(world: World): Promise<Held> {
  const { code, verifier } = await world.code()
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: world.web.client_id,
  })
  return toHeld(
    await world.sender.send({
      method: 'POST',
      target: '/token',
      headers: FORM,
      body: body.toString(),
    }),
  )
}

function toHeld({ status, text }: Answer): Held {
  assert.equal(status, 200, text)
  const { access_token: access, refresh_token: refresh } = JSON.parse(text) as Record<
    string,
    string
  >
  return { access: access ?? '', refresh: refresh ?? '' }
}

export async function tokenTarget(world: World): Promise<Target> {
  const held = await obtain(world)
  const { sender } = world
  const device = await sender.send({
    method: 'POST',
    target: '/device_authorization',
    headers: FORM,
    body: `client_id=${world.device.client_id}`,
  })
  const deviceCode = (JSON.parse(device.text) as { device_code: string }).device_code
  return {
    corpus: 'token',
    words: [
      ...VALUES,
      ...NAMES.map((name) => `&${name}=`),
      `${BASIC}\n`,
      'CODE',
      'REFRESH',
      'PROOF',
    ],
    grammar: bent(GOOD, VALUES, NAMES),
    async check(bytes) {
      const text = bytes.toString('latin1')
      const fresh = /CODE(?!_)/.test(text.replaceAll('DEVICE_CODE', ''))
        ? await world.code()
        : { code: 'none', verifier: 'none' }
      const words = {
        CODE: fresh.code,
        PROOF: fresh.verifier,
        REFRESH: held.refresh,
        ACCESS: held.access,
        DEVICE_CODE: deviceCode,
      }
      const { authorization, body } = split(fill(bytes, { ...wordsOf(world), ...words }))
      const headers = { ...FORM, ...(authorization === undefined ? {} : { authorization }) }
      const answer = await sender.send({ method: 'POST', target: '/token', headers, body })
      const word = assertAnswer(answer)
      const pairs = readPairs(body)
      const isDue = mayHave(pairs, authorization, { ...fresh, refresh: held.refresh })
      assert.equal(answer.status === 200, isDue, answer.text)
      if (answer.status !== 200) return word
      const got = JSON.parse(answer.text) as Record<string, string>
      if (got['refresh_token'] !== undefined) Object.assign(held, toHeld(answer))
      return toFields(pairs).get('grant_type') ?? word
    },
    outcomes: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'invalid_grant',
      'authorization_pending',
    ],
  }

  /** By the letter: the right client, its way to say so, and the very secret. */
  function mayHave(pairs: Pairs, authorization: string | undefined, live: Live): boolean {
    const fields = toFields(pairs)
    const resource = fields.get('resource')
    const isAsserted = ['client_assertion', 'client_assertion_type'].some((name) =>
      fields.has(name),
    )
    // Nobody here was granted anything for the other service.
    if (isRepeated(pairs) || isAsserted || !isOurs(resource, world)) return false
    if (resource?.includes('/memory/') === true) return false
    if (fields.get('grant_type') === 'client_credentials') return isMachine(fields, authorization)
    const isPublic = authorization === undefined && !fields.has('client_secret')
    return isPublic && fields.get('client_id') === world.web.client_id && isProven(fields, live)
  }

  function isMachine(
    fields: ReadonlyMap<string, string>,
    authorization: string | undefined,
  ): boolean {
    const [id, secret] = [fields.get('client_id'), fields.get('client_secret')]
    if (authorization === undefined) return id === 'nightly' && secret === MACHINE_SECRET
    const sent = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1] ?? ''
    const credentials = Buffer.from(sent, 'base64').toString()
    const decoded = credentials.replaceAll('+', ' ')
    return (
      [credentials, decoded].includes(`nightly:${MACHINE_SECRET}`) &&
      secret === undefined &&
      [undefined, 'nightly'].includes(id)
    )
  }
}

interface Live {
  readonly code: string
  readonly verifier: string
  readonly refresh: string
}

function isProven(fields: ReadonlyMap<string, string>, live: Live): boolean {
  const get = (name: string): string | undefined => fields.get(name)
  if (get('grant_type') === 'refresh_token') return get('refresh_token') === live.refresh
  return (
    get('grant_type') === 'authorization_code' &&
    get('code') === live.code &&
    get('code_verifier') === live.verifier &&
    [undefined, ...WEB_REDIRECTS].includes(get('redirect_uri'))
  )
}
