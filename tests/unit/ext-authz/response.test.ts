import test from 'ava'
import type { Decision, Denial, DenyReason } from '../../../ext-authz/decision.ts'
import { encodeDecision, toCheckResponse } from '../../../ext-authz/response.ts'
import { toIdentityHeaders } from '../../../lib/oauth/identity-headers.ts'
import { HeaderValueOption_HeaderAppendAction as Append } from '../../../proto/gen/envoy/config/core/v3/base.ts'
import { CheckResponse } from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'

const resource = {
  service: 'echo',
  identifier: 'https://gw.example/echo/mcp',
  metadataUrl: 'https://gw.example/prm',
  baseScope: 'mcp',
  asksEachTime: false,
}

function answerTo(reason: DenyReason, more: Partial<Denial> = {}) {
  const denial = { allow: false, reason, detail: 'secret detail', resource, ...more } as const
  const { httpResponse } = toCheckResponse(denial)
  if (httpResponse === undefined || httpResponse.$case === 'okResponse') throw new Error('allowed')
  const headers = Object.fromEntries(
    httpResponse.value.headers.map(({ header }) => [header?.key, header?.value]),
  )
  return {
    kind: httpResponse.$case,
    status: httpResponse.value.status?.code,
    headers,
    body: httpResponse.value.body,
  }
}

const STATUS: Record<DenyReason, number> = {
  no_token: 401,
  malformed: 401,
  expired: 401,
  wrong_audience: 401,
  unknown_key: 401,
  bad_signature: 401,
  revoked: 401,
  insufficient_scope: 403,
  foreign_origin: 403,
  unknown_service: 503,
  keys_unavailable: 503,
  store_unavailable: 503,
  unforeseen: 503,
}

for (const [reason, status] of Object.entries(STATUS) as [DenyReason, number][]) {
  test(`${reason} is ${status}, and keeps its detail for the log`, (t) => {
    const answer = answerTo(reason)
    t.is(Number(answer.status), status)
    t.false(JSON.stringify(answer).includes('secret detail'))
    t.is(answer.kind, status === 503 ? 'errorResponse' : 'deniedResponse')
    t.is(answer.headers['retry-after'], status === 503 ? '1' : undefined)
    const challenged = status === 401 || reason === 'insufficient_scope'
    t.is(answer.headers['www-authenticate'] !== undefined, challenged)
  })
}

test('without a token the challenge has no error', (t) => {
  t.is(
    answerTo('no_token').headers['www-authenticate'],
    'Bearer resource_metadata="https://gw.example/prm", scope="mcp"',
  )
})

test('too small a scope asks for granted plus missing', (t) => {
  const challenge = answerTo('insufficient_scope', { granted: ['openid'] }).headers[
    'www-authenticate'
  ]
  t.regex(challenge ?? '', /scope="openid mcp", error="insufficient_scope"/)
})

test('a yes sets or removes every managed header and keeps credentials back', (t) => {
  const identity = {
    userId: 'dev:alice',
    userName: '',
    clientId: 'c',
    scopes: ['mcp'],
    grantId: '1-g',
    tokenId: 't',
    expiresAt: 5,
  }
  const { status, httpResponse } = CheckResponse.decode(encodeDecision({ allow: true, identity }))
  t.is(status?.code, 0)
  if (httpResponse?.$case !== 'okResponse') return t.fail()
  const { headers, headersToRemove } = httpResponse.value
  t.true(headers.every(({ appendAction }) => appendAction === Append.OVERWRITE_IF_EXISTS_OR_ADD))
  const set = headers.map(({ header }) => header?.key)
  for (const name of [
    'x-user-id',
    'x-user-name',
    'x-auth-client',
    'x-auth-scopes',
    'x-auth-grant',
    'x-auth-token-id',
    'x-auth-expires',
  ]) {
    t.not(set.includes(name), headersToRemove.includes(name), `${name}: one of both`)
  }
  for (const name of ['authorization', 'cookie']) t.true(headersToRemove.includes(name))
})

test('a yes is kept from its second time on, and each answer has bytes of its own', (t) => {
  const identity = {
    ...{ userId: 'dev:ä', userName: 'ä', clientId: 'c', scopes: ['mcp'] },
    ...{ grantId: '1-g', tokenId: 't', expiresAt: 5 },
  }
  const decision: Decision = { allow: true, identity }
  const expected = Buffer.from(encodeDecision({ allow: true, identity }))
  const first = encodeDecision(decision)
  t.deepEqual(first, expected)
  t.is(decision.encoded, '')
  first.fill(0)
  const second = encodeDecision(decision)
  t.deepEqual(second, expected)
  const held = decision.encoded
  t.is(held, expected.toString('latin1'))
  second.fill(0)
  t.deepEqual(encodeDecision(decision), expected)
  t.is(decision.encoded, held)
})

test('a yes has the bytes that the generated encoder gives it, whatever the values', (t) => {
  const texts = ['', 'a', 'dev:alice', 'ä€😀', 'x'.repeat(127), 'x'.repeat(128), 'é'.repeat(20_000)]
  for (const [at, text] of texts.entries()) {
    const another = texts[(at + 3) % texts.length] ?? ''
    const identity = {
      ...{ userId: text, userName: another, clientId: text, scopes: [another, text] },
      ...{ grantId: another, tokenId: text, expiresAt: at * 1_000_000_000 },
    }
    const encoded = encodeDecision({ allow: true, identity })
    const answer = CheckResponse.decode(encoded)
    t.deepEqual(Buffer.from(CheckResponse.encode(answer).finish()), encoded)
    if (answer.httpResponse?.$case !== 'okResponse') return t.fail()
    const set = answer.httpResponse.value.headers.map(({ header }) => [header?.key, header?.value])
    const wanted = Object.entries(toIdentityHeaders(identity)).filter(([, value]) => value !== '')
    t.deepEqual(Object.fromEntries(set), Object.fromEntries(wanted))
  }
})

const CALLER = { userId: 'dev:a', clientId: 'c' }

test('refusals are encoded once for each resource and reason, and never mixed up', (t) => {
  const other = { ...resource, service: 'memory', metadataUrl: 'https://gw.example/prm/memory' }
  const denials: Denial[] = (Object.keys(STATUS) as DenyReason[]).flatMap((reason) => [
    { allow: false, reason, detail: 'one', resource },
    { allow: false, reason, detail: 'two', resource: other },
    { allow: false, reason, detail: 'three', resource, caller: CALLER, granted: ['openid'] },
    { allow: false, reason, detail: 'four', resource, caller: CALLER, granted: ['email'] },
    { allow: false, reason, detail: 'six', resource, caller: { ...CALLER, userId: 'dev:b' } },
    { allow: false, reason, detail: 'five' },
  ])
  for (const denial of [...denials, ...denials]) {
    t.deepEqual(CheckResponse.decode(encodeDecision(denial)), toCheckResponse(denial))
  }
})

test('what is refused is told to the access log, and nothing that lets anybody in', (t) => {
  const record = (decision: Decision) =>
    CheckResponse.decode(encodeDecision(decision)).dynamicMetadata
  const identity = {
    ...{ userId: 'dev:a', userName: 'a', clientId: 'c', scopes: ['mcp'] },
    ...{ grantId: '1-g', tokenId: 't', expiresAt: 5 },
  }
  t.is(record({ allow: true, identity }), undefined, 'its headers say it')
  const revoked = { allow: false, reason: 'revoked', detail: 'hidden', resource } as const
  t.deepEqual(record({ ...revoked, caller: CALLER }), {
    decision: 'deny',
    reason: 'revoked',
    user: 'dev:a',
    client_id: 'c',
  })
  t.like(record({ ...revoked, caller: { userId: 'dev:ä', clientId: 'c' } }), { user: 'dev:%C3%A4' })
  t.deepEqual(record({ allow: false, reason: 'unforeseen', detail: 'hidden' }), {
    decision: 'deny',
    reason: 'unforeseen',
  })
})
