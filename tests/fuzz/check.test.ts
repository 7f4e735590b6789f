/** The Check input: whatever is sent, only a token that we made for this very service opens it. */

import assert from 'node:assert/strict'
import { sign } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { jwtVerify } from 'jose'
import { createAnswer } from '../../ext-authz/answer.ts'
import { decide } from '../../ext-authz/check.ts'
import { FLAG, FRAME } from '../../ext-authz/transport/http2/protocol.ts'
import { createLog } from '../../lib/platform/log.ts'
import { CheckResponse } from '../../proto/gen/envoy/service/auth/v3/external_auth.ts'
import { startGrpc, type TestServer } from '../support/grpc-servers.ts'
import {
  answerOf,
  connectRaw,
  frame,
  hello,
  type RawPeer,
  request,
  uint32,
} from '../support/raw-http2.ts'
import { toCheckRequest } from './harness/check-request.ts'
import { fuzz } from './harness/fuzz.ts'
import * as known from './harness/known-token.ts'

const { GOOD, EXPIRED, ELSEWHERE, clock } = known
const ports = known.createPorts()
const WORDS = [
  GOOD,
  EXPIRED,
  ELSEWHERE,
  'Bearer ',
  'bearer  ',
  'Basic ',
  '.',
  '=',
  '==',
  '\n',
  ...GOOD.split('.'),
]

/** RFC 6750 section 2.1, of one header alone. */
function isGood(headers: readonly string[]): boolean {
  const [header = '', ...more] = headers
  const [, token = ''] = /^bearer +(\S+) *$/i.exec(header) ?? []
  return more.length === 0 && token === GOOD
}

const scheme = fc.constantFrom('Bearer ', 'bearer ', 'BEARER  ', 'Bearer\t', 'Basic ', 'DPoP ', '')
const token = fc.oneof(
  fc.constantFrom(GOOD, EXPIRED, ELSEWHERE, `${GOOD}=`, `${GOOD}.`, GOOD.toUpperCase(), ''),
  fc
    .tuple(
      fc.constantFrom(...GOOD.split('.')),
      fc.constantFrom(...EXPIRED.split('.')),
      fc.constantFrom(...ELSEWHERE.split('.')),
    )
    .map((parts) => parts.join('.')),
)
const header = fc
  .tuple(scheme, token, fc.constantFrom('', '', ' ', '  ', ', Bearer x', ',', '\0'))
  .map((parts) => parts.join(''))

fuzz('fuzz-authorization-headers', {
  corpus: 'authorization-headers',
  words: WORDS,
  grammar: fc.array(header, { minLength: 1, maxLength: 3 }).map((headers) => headers.join('\n')),
  async check(bytes) {
    const headers = bytes.toString('latin1').split('\n')
    const input = { service: 'echo', authorization: headers, origin: [] }
    const decision = await decide(input, ports, clock)
    assert.equal(decision.allow, isGood(headers))
    assert.ok(decision.allow || decision.reason !== 'unforeseen', JSON.stringify(decision))
    return decision.allow ? 'allowed' : decision.reason
  },
  outcomes: ['allowed', 'bad_signature', 'expired', 'wrong_audience'],
})

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(known.NOW_SECONDS, 1e308, -1, 1.5, '', []),
)
const bent = (fields: object): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('none', ...Object.keys(fields), 'nbf', 'crit', 'b64'), odd, fc.boolean())
    .map(([name, value, isGone]) => {
      const changed: Record<string, unknown> = { ...fields, [name]: value }
      if (isGone) delete changed[name]
      return JSON.stringify(name === 'none' ? fields : changed)
    })
const HEADER = { alg: 'EdDSA', kid: known.KID, typ: 'at+jwt' }

/** What `jose` and the claims of RFC 9068 say of it. */
async function isValid(jwt: string): Promise<boolean> {
  try {
    const { payload, protectedHeader } = await jwtVerify(jwt, known.publicKey, {
      algorithms: ['EdDSA'],
      issuer: known.ISSUER,
      audience: known.AUDIENCE,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub', 'aud'],
      clockTolerance: 5,
      currentDate: new Date(clock()),
    })
    return protectedHeader.kid === known.KID && hasClaims(payload)
  } catch {
    return false
  }
}

function hasClaims(payload: Readonly<Record<string, unknown>>): boolean {
  const { aud, iat, exp, auth_time: authTime, scope, sub, client_id: clientId, jti } = payload
  const { grant_id: grantId, preferred_username: name } = payload
  const texts = [aud, scope, sub, clientId, jti, grantId, name]
  return (
    texts.every((text) => typeof text === 'string') &&
    [iat, exp, authTime].every(Number.isInteger) &&
    (iat as number) <= known.NOW_SECONDS + 5 &&
    (scope as string).split(' ').includes('mcp')
  )
}

fuzz('fuzz-access-tokens', {
  corpus: 'access-tokens',
  words: ['"exp":', '"aud":', '["https://gw.example/echo/mcp"]', '"nbf":1', '"alg":"none",'],
  grammar: fc.tuple(bent(HEADER), bent(known.CLAIMS)).map((parts) => parts.join('\n')),
  async check(bytes) {
    const [head, ...body] = bytes.toString('latin1').split('\n')
    const parts = [head ?? '', body.join('\n')]
    const signed = parts.map((part) => Buffer.from(part, 'latin1').toString('base64url')).join('.')
    const jwt = `${signed}.${sign(null, Buffer.from(signed), known.privateKey).toString('base64url')}`
    const input = { service: 'echo', authorization: [`Bearer ${jwt}`], origin: [] }
    const decision = await decide(input, ports, clock)
    // A byte order mark is no JSON (RFC 8259 section 8.1): jose takes it away.
    const isMarked = parts.some((part) => part.startsWith('\xef\xbb\xbf'))
    const isExpected = !isMarked && (await isValid(jwt))
    assert.equal(decision.allow, isExpected, JSON.stringify(decision))
    assert.ok(decision.allow || decision.reason !== 'unforeseen', JSON.stringify(decision))
    return decision.allow ? 'allowed' : decision.reason
  },
  outcomes: ['allowed', 'malformed', 'expired', 'wrong_audience'],
})

const CHECK = '/envoy.service.auth.v3.Authorization/Check'

/** As Envoy asks, with one thing odd. */
const message = fc
  .record({
    service: fc.constantFrom('echo', 'echo', 'echo', 'memory', '', '__proto__'),
    names: fc.array(
      fc.constantFrom(
        'authorization',
        'Authorization',
        'origin',
        'x-user-id',
        ':path',
        'cookie',
        '__proto__',
      ),
      { maxLength: 4 },
    ),
    values: fc.array(
      fc.oneof(
        header,
        fc.constantFrom(`Bearer ${GOOD}`, `Bearer ${GOOD}`, 'https://page.example', 'null'),
      ),
      { minLength: 4, maxLength: 4 },
    ),
    isRaw: fc.boolean(),
    path: fc.oneof(
      fc.constantFrom('/echo/mcp', '/echo/mcp?access_token=x'),
      fc.string({ unit: 'binary' }),
    ),
  })
  .map(({ service, names, values, isRaw, path }) => {
    const headers = names.map((key, at) => [key, values[at] ?? ''] as const)
    return toCheckRequest({ service, path, headers, isRaw })
  })

let server: TestServer | undefined
let peer: RawPeer | undefined
let streamId = -1
test.after.always(async () => {
  peer?.socket.destroy()
  await server?.close()
})

async function ask(bytes: Buffer): Promise<CheckResponse> {
  if (peer === undefined) throw new Error('not connected')
  streamId += 2
  const mine = streamId
  peer.send(request(mine, CHECK, bytes))
  const isEnd = FRAME.headers
  await peer.find(
    (one) => one.streamId === mine && one.type === isEnd && (one.flags & FLAG.endStream) !== 0,
  )
  const bytesBack = answerOf(peer.received, mine)
  ;(peer.received as unknown[]).length = 0
  // As every client gives credit back.
  peer.send(frame(FRAME.windowUpdate, 0, 0, uint32(Math.max(1, bytesBack.length))))
  return CheckResponse.decode(bytesBack.subarray(5))
}

fuzz('fuzz-check-messages', async () => {
  const lines: string[] = []
  const log = createLog('test', 'error', { write: (line: string) => void lines.push(line) })
  const decider = known.createPorts()
  const answer = createAnswer({
    decide: ({ input }) => decide(input, decider, clock),
    metrics: { count: () => {}, render: async () => '' },
    log,
  })
  server = await startGrpc('fast', { [CHECK]: answer })
  peer = await connectRaw(server.socket)
  peer.send(hello())
  return {
    corpus: 'check-messages',
    words: WORDS,
    grammar: message,
    async check(bytes) {
      const { status, httpResponse } = await ask(bytes)
      if (status?.code !== 0) {
        assert.notEqual(httpResponse?.$case, 'okResponse')
        assert.ok(httpResponse !== undefined, 'a refusal has its answer')
        return 'refused'
      }
      const text = bytes.toString('latin1')
      assert.ok(text.includes(GOOD) && text.includes('echo') && /authorization/i.test(text))
      assert.equal(httpResponse?.$case, 'okResponse')
      return 'allowed'
    },
    outcomes: ['allowed', 'refused'],
    finish: (t) => {
      t.true(
        lines.every((line) => line.includes('check failed')),
        lines.join('\n'),
      )
    },
  }
})
