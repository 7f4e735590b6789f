/** What a walk prints of a stranger's text, and what it takes for an answer: against answers that no sane server gives. */

import test from 'ava'
import { pkce } from '../../../../cli/doctor/checks/pkce.ts'
import { preflight } from '../../../../cli/doctor/checks/preflight.ts'
import { redirectMatch } from '../../../../cli/doctor/checks/redirect-match.ts'
import { registration } from '../../../../cli/doctor/checks/registration.ts'
import { registrationEnd } from '../../../../cli/doctor/checks/registration-end.ts'
import { serverMetadata } from '../../../../cli/doctor/checks/server-metadata.ts'
import { session } from '../../../../cli/doctor/checks/session.ts'
import { toolCall } from '../../../../cli/doctor/checks/tool-call.ts'
import { toolsList } from '../../../../cli/doctor/checks/tools-list.ts'
import { vscode } from '../../../../cli/doctor/clients/vscode.ts'
import { webPage } from '../../../../cli/doctor/clients/web-page.ts'
import type { Finding } from '../../../../cli/doctor/finding.ts'
import { type Check, defineCheck, passed } from '../../../../cli/doctor/model/check.ts'
import type { ClientProfile } from '../../../../cli/doctor/model/client-profile.ts'
import type { Facts } from '../../../../cli/doctor/model/facts.ts'
import type { Visit } from '../../../../cli/doctor/model/visit.ts'
import { walk } from '../../../../cli/doctor/walk.ts'
import type { Http, HttpAnswer, HttpRequest } from '../../../../cli/doctor/wire/http.ts'
import { letsEverybodyIn } from '../../../../cli/doctor/wire/open-server.ts'

const ISSUER = 'https://auth.example.com'
const SERVER = {
  url: `${ISSUER}/.well-known/oauth-authorization-server`,
  expectedIssuer: ISSUER,
  issuer: ISSUER,
  authorizationEndpoint: `${ISSUER}/authorize`,
  tokenEndpoint: `${ISSUER}/token`,
  document: {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    registration_endpoint: `${ISSUER}/register`,
    revocation_endpoint: `${ISSUER}/revoke`,
  },
}
const FACTS: Facts = {
  server: SERVER,
  client: { clientId: 'doctor', clientSecret: undefined, authMethod: 'none' },
  tokens: { accessToken: 'a', refreshToken: undefined, scope: undefined },
  session: { era: 'initialize', version: '2025-11-25', id: undefined },
  resource: 'https://mcp.example.com/mcp',
}

interface Told {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** @param tell the answer; `{id}` of JSON-RPC is filled in. */
function visitOf(
  tell: (request: HttpRequest) => Told,
  { facts = FACTS, client = vscode }: { facts?: Facts; client?: ClientProfile } = {},
): Visit & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = []
  const http: Http = async (request) => {
    asked.push(request)
    return toAnswer(request, tell(request))
  }
  return {
    asked,
    url: 'https://mcp.example.com/mcp',
    client,
    http,
    authorities: [],
    facts: { ...facts },
    port: 50_000,
    origin: 'https://page.example',
    logIn: async () => new URLSearchParams({ code: 'a-code' }),
    whyNoLogin: '',
    logsInByItself: true,
    tool: { name: 'echo', arguments: {} },
    days: 14,
    isOpen: false,
    secrets: new Set(),
    stays: new Set(),
    leftBehind: new Map(),
  }
}

function toAnswer(request: HttpRequest, { status = 200, headers = {}, body }: Told): HttpAnswer {
  const { url, method = 'GET', untilId } = request
  const text = body === undefined ? '' : JSON.stringify(body)
  const message =
    untilId === undefined ? body : { jsonrpc: '2.0', id: untilId, ...(body as object) }
  const messages = body === undefined ? [] : [message]
  return { url, method, status, headers: new Headers(headers), text, messages }
}

async function findAll(visit: Visit, ...checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = []
  await walk(
    visit,
    checks,
    { asked: new Set(), isBlocked: false },
    { tell: (finding) => findings.push(finding), leaving: new AbortController().signal },
  )
  return findings
}

const verdict = ({ check, status, fault }: Finding): string => `${check} ${fault ?? status}`

test('whatever a check tells: no control characters, no secret, not even half of one', async (t) => {
  const secret = 'a-secret-that-nobody-is-to-see'
  for (const before of [0, 150, 190, 280, 290, 299]) {
    const quoting = defineCheck({
      id: 'quoting',
      stage: 'discovery',
      title: '',
      about: '',
      needs: [],
      faults: {},
      run: async () => passed(`\u001b[2J\u009b31m\u202e${'x'.repeat(before)}${secret}`),
    })
    const visit = visitOf(() => ({}))
    visit.secrets.add(secret)
    const [finding] = await findAll(visit, quoting)
    t.notRegex(finding?.detail ?? '', /[\p{Cc}\p{Cf}]/u)
    t.notRegex(finding?.detail ?? '', /a-secret/, `after ${before}`)
    t.true((finding?.detail.length ?? 0) <= 301)
  }
})

test('JSON-RPC: neither null nor an answer that HTTP calls a refusal is a result', async (t) => {
  const broken = { result: null, error: { code: -32_600, message: 'no' } }
  const refused = visitOf(() => ({ status: 401, body: broken }))
  t.false(await letsEverybodyIn(refused.http, refused.url))
  t.false(await letsEverybodyIn(visitOf(() => ({ body: { result: null } })).http, refused.url))
  t.false(
    await letsEverybodyIn(visitOf(() => ({ status: 401, body: { result: {} } })).http, refused.url),
  )
  t.true(await letsEverybodyIn(visitOf(() => ({ body: { result: {} } })).http, refused.url))
  t.deepEqual((await findAll(refused, session)).map(verdict), ['session token_refused'])
  const facts = { ...FACTS, tools: [] }
  const failing = visitOf(() => ({ body: broken }), { facts })
  t.deepEqual((await findAll(failing, toolCall)).map(verdict), ['tool-call failed'])
  const empty = visitOf(() => ({ body: { result: { tools: [null] }, error: null } }))
  t.deepEqual((await findAll(empty, toolsList)).map(verdict), ['tools-list none'])
})

test('PKCE is proven by invalid_grant alone, and what was bought is given back', async (t) => {
  const found = async (told: Told) => {
    const visit = visitOf(({ url }) => (url.endsWith('/token') ? told : {}))
    return { visit, verdicts: (await findAll(visit, pkce)).map(verdict) }
  }
  const enforced = await found({ status: 400, body: { error: 'invalid_grant' } })
  t.deepEqual(enforced.verdicts, ['pkce passed'])
  const form = new URLSearchParams(enforced.visit.asked[0]?.body)
  t.is(form.get('resource'), 'https://mcp.example.com/mcp', 'as the client asks')
  for (const told of [
    { status: 429 },
    { status: 500 },
    { headers: { 'content-type': 'text/html' } },
    { status: 401, body: { error: 'invalid_client' } },
  ]) {
    t.deepEqual((await found(told)).verdicts, ['pkce skipped'])
  }
  const tokens = { access_token: 'bought', refresh_token: 'too', token_type: 'Bearer' }
  const { visit, verdicts } = await found({ body: tokens })
  t.deepEqual(verdicts, ['pkce not_enforced'])
  const revoked = visit.asked.filter(({ url }) => url === `${ISSUER}/revoke`)
  t.deepEqual(
    revoked.map(({ body }) => new URLSearchParams(body).get('token')),
    ['too', 'bought'],
  )
})

test('a foreign redirect: only a refusal proves that it is refused', async (t) => {
  const found = async (told: Told) =>
    (
      await findAll(
        visitOf(() => told),
        redirectMatch,
      )
    ).map(verdict)
  t.deepEqual(await found({ status: 400 }), ['redirect-match passed'])
  t.deepEqual(await found({ status: 500 }), ['redirect-match skipped'])
  t.deepEqual(await found({ status: 200 }), ['redirect-match skipped'])
  t.deepEqual(
    await found({
      status: 302,
      headers: { location: 'https://gateway-doctor.invalid/steal?code=1' },
    }),
    ['redirect-match accepted'],
  )
})

test('endpoints of the metadata: null is for another check, and relative is not insecure', async (t) => {
  const found = async (member: unknown) => {
    const body = { ...SERVER.document, introspection_endpoint: member }
    return (
      await findAll(
        visitOf(() => ({ body })),
        serverMetadata,
      )
    ).map(verdict)
  }
  t.deepEqual(await found(null), ['server-metadata passed'])
  t.deepEqual(await found('/introspect'), ['server-metadata not_absolute'])
  t.deepEqual(await found('http://auth.example.com/i'), ['server-metadata insecure'])
  t.deepEqual(await found('http://auth.gw.localhost/i'), ['server-metadata passed'], 'this machine')
})

test('a long list of allowed headers is read to its end', async (t) => {
  const many = Array.from({ length: 40 }, (_, index) => `x-header-of-theirs-${index}`)
  const needed = 'authorization, content-type, mcp-protocol-version, mcp-session-id'
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': `${many.join(', ')}, ${needed}`,
  }
  const visit = visitOf(() => ({ status: 204, headers }), { client: webPage })
  t.deepEqual((await findAll(visit, preflight)).map(verdict), ['preflight passed'])
})

test('clients that were registered to find out why are told of, and a limit is no refusal', async (t) => {
  const { client: _, ...facts } = FACTS
  let registered = 0
  const visit = visitOf(
    ({ body = '' }) => {
      if (body.includes('http://127.0.0.1')) return { status: 400, body: { error: 'no' } }
      registered += 1
      return { status: 201, body: { client_id: `client-${registered}` } }
    },
    { facts },
  )
  const [refused, end] = await findAll(visit, registration, registrationEnd)
  t.is(refused?.fault, 'loopback_refused')
  t.is(end?.fault, 'stays')
  t.true(registered > 1)
  for (let each = 1; each <= registered; each += 1) t.true(end?.detail.includes(`client-${each}`))
  const limited = visitOf(() => ({ status: 429, body: { error: 'slow_down' } }), { facts })
  const found = await findAll(limited, registration, registrationEnd)
  t.deepEqual(found.map(verdict), ['registration too_many', 'registration-end skipped'])
  t.is(limited.asked.length, 1)
})
