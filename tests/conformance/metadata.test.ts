import test, { type ExecutionContext } from 'ava'
import { startEmailServer } from '../support/email-server.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { verifies } from '../support/verifies.ts'
import { MEMBER_PROBES } from './probes/members.ts'
import { createSubject, type Metadata, type Probe } from './probes/probe.ts'
import { VALUE_PROBES } from './probes/values.ts'

const server = await startOAuthServer()
const hosted = await startOAuthServer({
  environment: {
    BASE_DOMAIN: 'example.localhost',
    PUBLIC_URL: 'http://auth.example.localhost:8642',
  },
})
const { send, issuer } = server
/** It tells more than one where nobody's address is known. */
const addressed = await startEmailServer()
const subject = await createSubject(send, issuer)
const { metadata } = subject
test.after.always(() => Promise.all([server.stop(), hosted.stop(), addressed.stop()]))

const OAUTH = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'

/** One probe for each member, or for each value of a list: whatever has none is not proved. */
function toProbes(metadata: Metadata): [claim: string, probe: Probe | undefined][] {
  return Object.entries(metadata).flatMap(([member, value]) =>
    Array.isArray(value)
      ? value.map((one): [string, Probe | undefined] => [
          `${member}: ${one}`,
          VALUE_PROBES[member]?.(String(one)),
        ])
      : [[member, MEMBER_PROBES[member]]],
  )
}

async function holds(
  t: ExecutionContext,
  claim: string,
  probe: Probe | undefined,
  whose = subject,
): Promise<void> {
  if (probe === undefined) return t.fail(`nothing proves ${claim}`)
  const attempt = await t.try(claim, (inner) => probe(inner, whose))
  attempt.commit()
}

verifies('metadata-true', async (t) => {
  for (const [claim, probe] of toProbes(metadata)) await holds(t, claim, probe)
})

verifies('metadata-true-addresses', async (t) => {
  const { send: ask, issuer: address, source } = addressed
  const other = await createSubject(ask, address, source)
  const known = new Set(toProbes(metadata).map(([claim]) => claim))
  const added = toProbes(other.metadata).filter(([claim]) => !known.has(claim))
  t.deepEqual(
    added.map(([claim]) => claim),
    ['scopes_supported: email', 'claims_supported: email', 'claims_supported: email_verified'],
  )
  for (const [claim, probe] of added) await holds(t, claim, probe, other)
})

verifies('metadata-two-places', async (t) => {
  for (const { send: ask, issuer: address } of [server, hosted]) {
    const [oauth, openid] = [
      await ask({ url: address + OAUTH }),
      await ask({ url: address + OPENID }),
    ]
    t.is(oauth.status, 200)
    t.is(oauth.text, openid.text)
    t.regex(openid.headers.get('content-type') ?? '', /^application\/json/)
  }
})

verifies('metadata-issuer', async (t) => {
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example',
  }
  for (const path of [OAUTH, OPENID]) {
    t.is((await send({ url: issuer + path, headers })).json()['issuer'], issuer)
  }
  for (const [member, value] of Object.entries(metadata)) {
    if (/_(endpoint|uri)$/.test(member)) t.true(String(value).startsWith(`${issuer}/`), member)
  }
})

verifies('metadata-other-issuers', async (t) => {
  for (const path of ['/echo/mcp', '/echo', '/nobody', '/', '/echo/mcp/', '/..%2f']) {
    for (const start of [OAUTH, OPENID]) {
      const answer = await send({ url: issuer + start + path })
      t.is(answer.status, 404, start + path)
      t.is(answer.json()['error'], 'invalid_request')
    }
  }
  t.is((await send({ url: `${issuer}/echo/mcp${OPENID}` })).status, 404)
})

verifies('metadata-copies', async (t) => {
  for (const host of ['auth', 'echo', 'memory'].map((name) => `${name}.example.localhost:8642`)) {
    for (const path of [OAUTH, OPENID]) {
      const copy = await hosted.send({ url: hosted.issuer + path, headers: { host } })
      t.is(copy.status, 200)
      t.is(copy.json()['issuer'], hosted.issuer)
      t.is(copy.json()['token_endpoint'], `${hosted.issuer}/token`)
    }
    const other = { url: `${hosted.issuer}${OAUTH}/mcp`, headers: { host } }
    t.is((await hosted.send(other)).status, 404)
  }
  // In the path layout the origin of every MCP endpoint is the issuer itself.
  t.is(new URL(`${issuer}/echo/mcp`).origin, issuer)
  t.is((await send({ url: issuer + OAUTH })).status, 200)
})

verifies('metadata-plain', async (t) => {
  for (const member of [
    'issuer',
    'authorization_endpoint',
    'token_endpoint',
    'jwks_uri',
    'response_types_supported',
    'subject_types_supported',
    'id_token_signing_alg_values_supported',
    'scopes_supported',
  ]) {
    t.true(member in metadata, member)
  }
  const { text } = await send({ url: issuer + OAUTH })
  t.notRegex(text, /null|\[\]|""|\{\}/)
  // RFC 8414 section 2: who lists a method of signing lists its algorithms beside it.
  for (const [member, listed] of Object.entries(metadata)) {
    const [, endpoint] = /^(.*_endpoint)_auth_methods_supported$/.exec(member) ?? []
    if (endpoint === undefined || !(listed as string[]).includes('private_key_jwt')) continue
    t.true(`${endpoint}_auth_signing_alg_values_supported` in metadata, endpoint)
  }
  const methods = metadata['token_endpoint_auth_methods_supported'] as string[]
  for (const method of ['none', 'client_secret_post', 'client_secret_basic']) {
    t.true(methods.includes(method))
  }
  t.false((metadata['introspection_endpoint_auth_methods_supported'] as string[]).includes('none'))
})

verifies('metadata-public', async (t) => {
  for (const path of [OAUTH, OPENID, '/.well-known/oauth-protected-resource/echo/mcp', '/jwks']) {
    const { headers } = await send({ url: issuer + path })
    t.is(headers.get('access-control-allow-origin'), '*')
    const [, seconds] = /^public, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? []
    t.true(Number(seconds) <= 300)
  }
})

verifies('metadata-pkce', async (t) => {
  t.deepEqual(metadata['code_challenge_methods_supported'], ['S256'])
})

verifies('metadata-offline-access', async (t) => {
  t.true((metadata['scopes_supported'] as string[]).includes('offline_access'))
  const url = `${issuer}/.well-known/oauth-protected-resource/echo/mcp`
  const resource = (await send({ url })).json()
  t.false((resource['scopes_supported'] as string[]).includes('offline_access'))
})

test('a claim that nothing proves is a failure', async (t) => {
  const attempt = await t.try((inner) => holds(inner, 'anything', undefined))
  const { passed } = attempt
  attempt.discard()
  t.false(passed)
  t.true(toProbes(metadata).length > Object.keys(metadata).length)
})
