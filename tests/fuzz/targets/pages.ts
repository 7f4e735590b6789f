/** Devices and pages: forms without their proof do nothing, and nothing of a stranger's stands in a page. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { assertAnswer } from '../harness/answers.ts'
import { readPairs, toFields } from '../harness/form.ts'
import type { Target } from '../harness/fuzz.ts'
import { choose, toHeaderValue } from '../harness/send.ts'
import { fill, type World } from '../harness/world.ts'
import { wordsOf } from './authorize.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const value = fc.oneof(
  fc.constantFrom(
    'RESOURCE',
    'ISSUER',
    'CLIENT_WEB',
    'CLIENT_DEVICE',
    'USER_CODE',
    '',
    '%00',
    '%ff',
    '%3Cfz%20onload%3Dx%3E',
    '%22onfocus%3D%22',
    'approve',
    'deny',
    '//evil.example',
    'javascript%3Ax',
    'mcp+openid',
  ),
  fc
    .string({ unit: 'binary', maxLength: 60 })
    .map((text) => encodeURIComponent(text.toWellFormed())),
)
const fields = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 })
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))

export function deviceTarget(world: World): Target {
  return {
    corpus: 'devices',
    words: ['client_id=CLIENT_DEVICE', '&resource=RESOURCE', '&scope=', '&client_id='],
    grammar: fc
      .tuple(
        fc.constantFrom('client_id=CLIENT_DEVICE', 'client_id=CLIENT_WEB', ''),
        fields(['scope', 'resource', 'client_id', 'client_secret', 'x']),
      )
      .map((parts) => parts.join('&')),
    async check(bytes) {
      const body = fill(bytes, wordsOf(world))
      const answer = await world.sender.send({
        method: 'POST',
        target: '/device_authorization',
        headers: FORM,
        body,
      })
      // So many may wait at once: a long run meets the bound.
      if (answer.status === 503 && answer.text.includes('too many devices wait')) return 'full'
      const word = assertAnswer(answer)
      if (answer.status !== 200) return word
      assert.equal(toFields(readPairs(body)).get('client_id'), world.device.client_id)
      const { user_code: userCode, verification_uri: uri } = JSON.parse(answer.text) as Record<
        string,
        string
      >
      assert.match(userCode ?? '', /^[B-Z]{4}-[B-Z]{4}$/)
      assert.equal(uri, `${world.issuer}/device`)
      return 'begun'
    },
    outcomes: ['begun', 'unauthorized_client', 'invalid_client'],
  }
}

const PATHS = [
  '/login',
  '/logout',
  '/consent',
  '/account',
  '/callback',
  '/callback/github',
  '/callback/dev',
  '/device',
  '/userinfo',
  '/',
  '/jwks',
  '/healthz',
  '/assets/logo',
  '/.well-known/oauth-protected-resource/echo/mcp',
  '/.well-known/oauth-protected-resource/https://evil.example',
  '/.well-known/oauth-authorization-server',
  '/authorize',
  '/nothing',
]
const NAMES = [
  'user_code',
  'confirmation',
  'interaction',
  'decision',
  'username',
  'provider',
  'named',
  'service',
  'state',
  'code',
  'error',
  'error_description',
  'return_to',
  'redirect_uri',
  'id_token_hint',
  'post_logout_redirect_uri',
  'lang',
  'proof',
  'grant',
]

/** METHOD PATH?QUERY, cookies, a form: each a line. */
const visit = fc
  .tuple(
    fc.constantFrom('GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'OPTIONS'),
    fc.constantFrom(...PATHS),
    fields(NAMES),
    fc.constantFrom('', 'COOKIE', 'COOKIE; a=b', 'mcp-login-00000000=x', '=;;=,"'),
    fields(NAMES),
  )
  .map(([method, path, query, cookie, form]) => `${method} ${path}?${query}\n${cookie}\n${form}`)

export function pagesTarget(world: World): Target {
  return {
    corpus: 'pages',
    words: [...PATHS, ...NAMES.map((name) => `&${name}=`), 'COOKIE', 'POST /', 'GET /', '; '],
    grammar: visit,
    async check(bytes) {
      const text = fill(bytes, { ...wordsOf(world), COOKIE: world.cookie }).toString('latin1')
      const [first = '', cookie = '', ...form] = text.split('\n')
      const [method = '', path = ''] = first.split(' ', 2)
      const verb = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].includes(method)
        ? method
        : 'GET'
      // Those with a proof of another page: no form here has one, whatever the browser says of itself.
      const origin = choose<Readonly<Record<string, string>>>(bytes, [
        { origin: 'null', 'sec-fetch-site': 'same-origin' },
        { origin: 'https://evil.example' },
        {},
      ])
      const answer = await world.sender.send({
        method: verb,
        target: `/${path.replace(/^\/+/, '').replaceAll('#', '%23')}`,
        headers: {
          accept: choose(bytes, ['text/html', 'application/json', '*/*']),
          ...FORM,
          ...origin,
          ...(toHeaderValue(cookie) === '' ? {} : { cookie: toHeaderValue(cookie) }),
        },
        ...(verb === 'POST' || verb === 'PUT'
          ? { body: Buffer.from(form.join('\n'), 'latin1') }
          : {}),
      })
      if (answer.status === 401 && /\/mcp/.test(path)) return 'service'
      const word = assertAnswer(answer)
      const { location } = answer.headers
      if (location === undefined) return word
      const url = new URL(location, world.issuer)
      assert.equal(url.origin, world.issuer, `sent to ${location}`)
      assert.ok(!url.searchParams.has('code'), location)
      return 'redirect'
    },
    outcomes: ['200', '404', 'invalid_request'],
    async finish(t) {
      // No form without its proof has ended the login.
      const { code } = await world.code()
      t.truthy(code)
    },
  }
}
