/** GET /authorize and POST /par: nobody is sent where nobody registered, and a code needs a whole request. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { assertAnswer } from '../harness/answers.ts'
import { isRepeated, type Pairs, readPairs, toFields } from '../harness/form.ts'
import type { Target } from '../harness/fuzz.ts'
import { isRegistered } from '../harness/redirect-oracle.ts'
import { type Answer, choose } from '../harness/send.ts'
import { CHALLENGE, fill, NATIVE_REDIRECTS, WEB_REDIRECTS, type World } from '../harness/world.ts'

const WEB = encodeURIComponent(WEB_REDIRECTS[0] ?? '')
const LOOPBACK = encodeURIComponent('http://127.0.0.1:51234/callback')
const GOOD: Readonly<Record<string, string>> = {
  response_type: 'code',
  client_id: 'CLIENT_WEB',
  redirect_uri: WEB,
  code_challenge: 'CHALLENGE',
  code_challenge_method: 'S256',
  resource: 'RESOURCE',
  state: 'a%20state',
  scope: 'mcp+openid+offline_access',
}
const VALUES: Readonly<Record<string, readonly string[]>> = {
  response_type: ['token', 'code+token', 'none', 'id_token'],
  client_id: [
    'CLIENT_NATIVE',
    'CLIENT_DEVICE',
    'CLIENT_KEPT',
    'nightly',
    'unknown',
    'https%3A%2F%2Fclient.test%2Fx',
  ],
  redirect_uri: [
    LOOPBACK,
    'https%3A%2F%2Fevil.example%2Fcb',
    `${WEB}%2F`,
    `${WEB}%3Fx`,
    `${WEB}%23x`,
    'javascript%3Aalert(1)',
    '%2F%2Fevil.example',
    'http%3A%2F%2Flocalhost%3A3000%2Fcb%3Fx%3D1',
    'http%3A%2F%2Flocalhost%3A1%2Fcb%3Fx%3D2',
  ],
  code_challenge: ['short', 'CHALLENGE=', 'CHALLENGEx'],
  code_challenge_method: ['plain', 's256'],
  resource: [
    'ISSUER',
    'RESOURCE%2F',
    'https%3A%2F%2Fevil.example%2Fmcp',
    'RESOURCE%23x',
    'RESOURCE%3Fx',
  ],
  prompt: ['none', 'login', 'consent', 'none+login', 'select_account'],
  max_age: ['0', '-1', '1e9', '99999999999999999999'],
  request: ['x.y.z'],
  request_uri: ['urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax', 'https%3A%2F%2Fevil.example%2Fr'],
  response_mode: ['form_post', 'fragment', 'query', 'query.jwt'],
  login_hint: ['%3Cfz%3E', 'alice', 'bob'],
  nonce: ['n'.repeat(600)],
}
const NAMES = [...new Set([...Object.keys(GOOD), ...Object.keys(VALUES)])]
const value = fc.oneof(
  fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    '',
    '%',
    '%00',
    '%ff',
    '%0d%0aset-cookie:a=b',
    '%3Cfz%20onload%3Dx%3E',
    '%22%20onfocus%3D%22x',
    '+'.repeat(50),
  ),
)
const bend = fc
  .constantFrom(...NAMES)
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.constantFrom('set', 'set', 'remove', 'repeat'),
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('', ...(VALUES[name] ?? [])) },
        { weight: 1, arbitrary: value },
      ),
    ),
  )
/** `also`: what authenticates a client. */
export const authorizationRequest = (
  also: Readonly<Record<string, string>> = {},
): fc.Arbitrary<string> =>
  fc.array(bend, { maxLength: 3 }).map((bends) => {
    const pairs: [string, string][] = Object.entries({ ...GOOD, ...also })
    for (const [name, how, text] of bends) {
      const at = pairs.findIndex(([one]) => one === name)
      if (how === 'remove' && at >= 0) pairs.splice(at, 1)
      else if (how === 'set' && at >= 0) pairs[at] = [name, text]
      else pairs.push([name, text])
    }
    return pairs.map((pair) => pair.join('=')).join('&')
  })

export const AUTHORIZE_WORDS = [
  ...Object.keys(GOOD).map((name) => `&${name}=`),
  ...Object.values(VALUES).flat(),
  WEB,
]

export function wordsOf(world: World): Readonly<Record<string, string>> {
  return {
    CLIENT_WEB: world.web.client_id,
    CLIENT_NATIVE: world.native.client_id,
    CLIENT_DEVICE: world.device.client_id,
    CLIENT_KEPT: world.kept.client_id,
    SECRET_KEPT: world.kept.client_secret ?? '',
    CHALLENGE,
    RESOURCE: encodeURIComponent(world.echo),
    ISSUER: encodeURIComponent(world.issuer),
  }
}

/** Whether the request as a whole is one that a code may answer, for a client with these redirects. */
export function isWhole(pairs: Pairs, redirects: readonly string[], world: World): boolean {
  const fields = toFields(pairs)
  const get = (name: string): string | undefined => fields.get(name)
  const target = get('redirect_uri') ?? (redirects.length === 1 ? redirects[0] : undefined)
  return (
    !isRepeated(pairs) &&
    target !== undefined &&
    isRegistered(redirects, target) &&
    get('response_type') === 'code' &&
    ['query', undefined].includes(get('response_mode')) &&
    /^[A-Za-z0-9_-]{43}$/.test(get('code_challenge') ?? '') &&
    get('code_challenge_method') === 'S256' &&
    isOurs(get('resource'), world) &&
    get('request') === undefined
  )
}

/** One slash at its end, and capitals in scheme and host, are tolerated: clients send them. */
export function isOurs(resource: string | undefined, { echo, issuer }: World): boolean {
  if (resource === undefined) return true
  const plain = resource
    .replace(/^[a-z]+:\/\/[^/]*/i, (start) => start.toLowerCase())
    .replace(/\/$/, '')
  const memory = echo.replace('/echo/', '/memory/')
  return [echo, memory, issuer].includes(plain)
}

export function authorizeTarget(world: World): Target {
  const redirects = new Map([
    [world.web.client_id, WEB_REDIRECTS],
    [world.kept.client_id, WEB_REDIRECTS],
    [world.native.client_id, NATIVE_REDIRECTS],
  ])
  return {
    corpus: 'authorize',
    words: AUTHORIZE_WORDS,
    grammar: authorizationRequest(),
    async check(bytes) {
      const query = fill(bytes, wordsOf(world))
      // Another reading of a fragment, which no browser sends.
      const target = `/authorize?${query.toString('latin1').replaceAll('#', '%23')}`
      const accept = choose(bytes, ['text/html', 'text/html', 'application/json', '*/*', ''])
      const isAlice = choose(Buffer.concat([bytes, Buffer.from('who')]), [true, true, false])
      const headers = { accept, ...(isAlice ? { cookie: world.cookie } : {}) }
      const answer = await world.sender.send({ target, headers })
      const word = assertAnswer(answer)
      const pairs = readPairs(
        Buffer.from(query.toString('latin1').replaceAll('#', '%23'), 'latin1'),
      )
      if (answer.headers.location === undefined) return word
      return assertRedirect(
        answer,
        pairs,
        redirects.get(toFields(pairs).get('client_id') ?? '') ?? [],
      )
    },
    outcomes: ['code', '200', '400', 'invalid_request'],
  }

  function assertRedirect(answer: Answer, pairs: Pairs, allowed: readonly string[]): string {
    const { location = '' } = answer.headers
    const fields = toFields(pairs)
    const target = fields.get('redirect_uri') ?? allowed[0] ?? ''
    assert.ok(isRegistered(allowed, target), `sent to ${location}`)
    assert.ok(location.startsWith(target + (target.includes('?') ? '&' : '?')), location)
    const given = new URLSearchParams(location.slice(target.length + 1))
    assert.equal(given.get('iss'), world.issuer)
    if (given.has('state')) assert.equal(given.get('state'), fields.get('state'))
    const code = given.get('code')
    if (code === null) return given.get('error') ?? 'nothing'
    assert.ok(isWhole(pairs, allowed, world), 'a code for a request that is not whole')
    assert.equal(fields.get('client_id'), world.web.client_id)
    return 'code'
  }
}

export function pushTarget(world: World): Target {
  return {
    corpus: 'pushed-requests',
    words: AUTHORIZE_WORDS,
    grammar: authorizationRequest({ client_id: 'CLIENT_KEPT', client_secret: 'SECRET_KEPT' }),
    async check(bytes) {
      const body = fill(bytes, wordsOf(world))
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await world.sender.send({ method: 'POST', target: '/par', headers, body })
      const word = assertAnswer(answer)
      if (answer.status !== 201) return word
      const pairs = readPairs(body)
      const fields = toFields(pairs)
      const isKept = fields.get('client_id') === world.kept.client_id
      assert.equal(fields.get('client_secret'), isKept ? world.kept.client_secret : undefined)
      const redirects =
        fields.get('client_id') === world.native.client_id ? NATIVE_REDIRECTS : WEB_REDIRECTS
      assert.ok(isWhole(pairs, redirects, world), 'took a request that is not whole')
      assert.equal(fields.get('request_uri'), undefined)
      return 'pushed'
    },
    outcomes: ['pushed', 'invalid_request', 'invalid_client'],
  }
}
