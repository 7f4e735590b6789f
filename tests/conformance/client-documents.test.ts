import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { ExecutionContext } from 'ava'
import test from 'ava'
import { createOutbound } from '../../lib/platform/outbound/outbound.ts'
import { OutboundError } from '../../lib/platform/outbound/outbound-error.ts'
import { redisReachability } from '../../oauth-server/store/reachability.ts'
import { CHATGPT, CLAUDE_CODE, CODEX, VS_CODE } from '../fixtures/client-documents/documents.ts'
import { createAuthority } from '../support/certificates.ts'
import { watchConnections } from '../support/connection-attempts.ts'
import { type Answer, sendJson, startDocumentServer } from '../support/document-server.ts'
import { REDIRECT, startDocumentWorld, toDocument } from '../support/document-world.ts'
import { until } from '../support/gateway-process.ts'
import type { HttpResponse } from '../support/http.ts'
import type { Fields } from '../support/oauth-client.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { createPerson } from '../support/person.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const SECRET = 'a-secret-of-the-target'

/** Accepts and says nothing. */
const silent = createServer(() => {})
silent.listen(0, '127.0.0.1')
await once(silent, 'listening')
const stranger = createAuthority()
const strange = await startDocumentServer(stranger.issue(['strange.test']))
const SILENT = ['silent.test', 'mute.test', 'dumb.test', 'still.test']
const { port: silentPort } = silent.address() as AddressInfo
const world = await startDocumentWorld(
  {},
  {
    ...Object.fromEntries(SILENT.map((host) => [host, silentPort])),
    'strange.test': strange.port,
  },
)
const { server, internet, client, open } = world
const { send, issuer } = server
const expired = await startDocumentServer(world.authority.issue(['expired.test'], 'expired'))
const old = await startDocumentServer({
  ...world.authority.issue(['old.test']),
  ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
})
const redis = await server.valkey.connect()
test.after.always(async () => {
  await world.stop()
  await Promise.all([strange.stop(), expired.stop(), old.stop()])
  silent.close()
  stranger.remove()
})

let count = 0
/** A URL that nobody has asked for yet. */
const newUrl = (host = 'client.test'): string => {
  count += 1
  return `https://${host}/clients/${count}.json`
}

/** Says what is wrong, to a person, on a page of ours. */
function isRefused(t: ExecutionContext, page: HttpResponse, name: string): void {
  t.is(page.status, 400, name)
  t.is(page.headers.get('location'), null, name)
  t.regex(page.headers.get('content-type') ?? '', /^text\/html/, name)
  t.regex(page.text, /<code>invalid_client<\/code>/, name)
  t.false(page.text.includes(SECRET), name)
}

async function refusesDocument(
  t: ExecutionContext,
  name: string,
  answer: Answer | object,
): Promise<HttpResponse> {
  const url = newUrl()
  internet.serve(url, answer)
  const page = await open(url)
  isRefused(t, page, name)
  t.is(internet.count(url), 1, name)
  return page
}

async function logIn(clientId: string, changes: Fields): Promise<Record<string, unknown>> {
  const { url, verifier } = client.begin(clientId, { resource: `${issuer}/echo/mcp`, ...changes })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id: clientId,
  })
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json()
}

const refresh = (clientId: string, tokens: Record<string, unknown>) =>
  client.token({
    grant_type: 'refresh_token',
    refresh_token: String(tokens['refresh_token']),
    client_id: clientId,
  })

verifiesAlone('document-login', async (t) => {
  for (const [document, redirect_uri] of [
    [CLAUDE_CODE, 'http://localhost:53177/callback'],
    [CLAUDE_CODE, 'http://127.0.0.1:40001/callback'],
    [CODEX, 'http://127.0.0.1:61234/callback'],
    [CHATGPT, 'https://chatgpt.com/connector_platform_oauth_redirect'],
    [VS_CODE, 'http://127.0.0.1:33418/'],
  ] as const) {
    const scope = 'mcp offline_access'
    const tokens = await logIn(document.client_id, { redirect_uri, scope })
    t.is(tokens['scope'], scope)
    t.is((await refresh(document.client_id, tokens)).status, 200, document.client_name)
  }
})

verifiesAlone('document-redirects', async (t) => {
  for (const redirect_uri of [
    'https://client.test/cb',
    'http://localhost:1/callback/',
    'http://localhost.evil.test/callback',
    'https://claude.ai/callback',
    '',
  ]) {
    const page = await open(CLAUDE_CODE.client_id, { redirect_uri })
    t.is(page.status, 400, redirect_uri)
    t.is(page.headers.get('location'), null)
  }
})

verifiesAlone('document-page', async (t) => {
  const url = newUrl()
  internet.serve(url, toDocument(url, { client_name: 'Claude <b>Code</b>' }))
  const web = await open(url)
  t.is(web.status, 200)
  t.regex(web.text, /described by<\/dt>\s*<dd><strong>client\.test<\/strong>/)
  t.regex(web.text, /goes to<\/dt>\s*<dd><strong>client\.test<\/strong>/)
  t.true(web.text.includes('Claude &lt;b&gt;Code&lt;/b&gt;'))
  t.notRegex(web.text, /class="warning"/)
  const loopback = await open(CLAUDE_CODE.client_id, {
    redirect_uri: 'http://localhost:1/callback',
  })
  t.regex(loopback.text, /described by<\/dt>\s*<dd><strong>claude\.ai<\/strong>/)
  t.regex(loopback.text, /<strong>localhost<\/strong>[\s\S]*class="warning"/)
})

verifiesAlone('document-id-url', async (t) => {
  const before = internet.connections()
  for (const [url, words] of [
    ['https://user:pw@client.test/x', 'user information'],
    ['https://client.test/x#fragment', 'a fragment'],
    ['https://client.test/x?query', 'a query'],
    ['https://client.test/a/../x', 'dot segments'],
    ['https://client.test/./x', 'dot segments'],
    ['https://client.test/a/%2e%2e/x', 'dot segments'],
    ['https://client.test/a/%2E/x', 'dot segments'],
    ['https://client.test/', 'no path'],
    ['https://client.test', 'normal form'],
    ['http://client.test/x', 'https://'],
    ['https://client.test:22/x', 'a port'],
    ['https://client.test:6379/x', 'a port'],
    ['https://client.test:25/x', 'a port'],
    ['https://client.test:443/x', 'normal form'],
  ] as const) {
    const page = await open(url)
    isRefused(t, page, url)
    t.true(page.text.includes(words), url)
  }
  t.is(internet.connections(), before)
})

verifiesAlone('document-id-length', async (t) => {
  const before = internet.connections()
  for (const url of [
    `https://client.test/${'x'.repeat(8192)}`,
    'https://client.test/x\nSET a b',
    'https://client.test/x\r\nHost: other',
    'https://CLIENT.test/x',
    'https://client.test/\u0000',
    'https://client.test/ä',
  ]) {
    isRefused(t, await open(url), JSON.stringify(url).slice(0, 60))
  }
  t.is(internet.connections(), before)
  const url = `https://client.test/${'x'.repeat(1500)}:a:{b}*`.replaceAll(/[{}]/g, '')
  internet.serve(url, toDocument(url))
  t.is((await open(url)).status, 200)
  t.deepEqual(await redis.keys('*client.test*'), [])
})

verifiesAlone('document-id-own-host', async (t) => {
  for (const url of ['https://localhost/.well-known/x', 'https://localhost/x']) {
    const page = await open(url)
    isRefused(t, page, url)
    t.regex(page.text, /this gateway itself/)
  }
})

verifiesAlone('document-special-addresses', async (t) => {
  const before = internet.connections()
  for (const host of [
    ...['127.0.0.1', '[::1]', '127.1', '0x7f000001', '2130706433', '0', '[::ffff:127.0.0.1]'],
    ...['[::ffff:7f00:1]', '10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '192.0.0.1'],
    ...['198.18.0.1', '224.0.0.1', '240.0.0.1', '169.254.169.254', '[fd00::1]', '[fe80::1]'],
    ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[::]', '[ff02::1]', 'localhost.', '8.8.8.8'],
  ]) {
    isRefused(t, await open(`https://${host}/x`), host)
  }
  t.is(internet.connections(), before)
})

/** Of each range that is not public; the name in the URL says nothing of it. */
const INSIDE = [
  ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.1.1', '100.64.0.1'],
  ...['192.0.0.1', '198.18.0.1', '198.19.255.254', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['169.254.169.254', '0.0.0.0', '::1', '::', 'fc00::1', 'fd00::1', 'fe80::1', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:a00:1', '64:ff9b::a00:1', '2002:a00:1::'],
]

verifiesAlone('document-names-of-special-addresses', async (t) => {
  const attempts = watchConnections()
  const outside = { address: '3ffe::1', family: 6 }
  for (const address of INSIDE) {
    const inside = { address, family: address.includes(':') ? 6 : 4 }
    for (const found of [[inside], [outside, inside]]) {
      const outbound = createOutbound({ deadlineMs: 500, resolve: async () => found })
      const fetching = outbound.fetch('https://name.test/x', 100)
      t.like(
        await t.throwsAsync(fetching, { instanceOf: OutboundError }),
        { fault: 'address' },
        address,
      )
    }
  }
  t.deepEqual(
    attempts.filter((attempt) => attempt.endsWith(' 443')),
    [],
  )
})

verifiesAlone('document-rebinding', async (t) => {
  const attempts = watchConnections()
  let looks = 0
  const outbound = createOutbound({
    deadlineMs: 500,
    // Public at the first look, private from then on.
    async resolve() {
      looks += 1
      return [looks === 1 ? { address: '3ffe::1', family: 6 } : { address: '127.0.0.1', family: 4 }]
    },
  })
  const fetching = outbound.fetch('https://rebinding.test/x', 100)
  await t.throwsAsync(fetching, { instanceOf: OutboundError })
  t.is(looks, 1)
  t.deepEqual(
    attempts.filter((attempt) => attempt.endsWith(' 443')),
    ['3ffe::1 443'],
  )
  const again = outbound.fetch('https://rebinding.test/x', 100)
  t.like(await t.throwsAsync(again, { instanceOf: OutboundError }), { fault: 'address' })
  t.false(attempts.includes('127.0.0.1 443'))
})

verifiesAlone('document-no-redirects', async (t) => {
  const target = newUrl()
  internet.serve(target, toDocument(target))
  for (const status of [301, 302, 303, 307, 308]) {
    await refusesDocument(t, String(status), (_request, response) => {
      response.writeHead(status, { location: target, 'content-type': 'application/json' })
      response.end(SECRET)
    })
  }
  t.is(internet.count(target), 0)
  for (const status of [201, 203, 204, 404, 500]) {
    await refusesDocument(t, String(status), (request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      const url = `https://client.test${request.url}`
      response.end(status === 204 ? '' : JSON.stringify(toDocument(url)))
    })
  }
})

const drip = (response: ServerResponse): void => {
  const timer = setInterval(() => response.write(' '), 100)
  response.on('close', () => clearInterval(timer))
}

verifies('document-deadline', async (t) => {
  const noHeaders = newUrl()
  internet.serve(noHeaders, () => {})
  const slowBody = newUrl()
  internet.serve(slowBody, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    drip(response)
  })
  const startedAt = performance.now()
  const urls = [noHeaders, slowBody, newUrl('silent.test')]
  const pages = await Promise.all(urls.map((url) => open(url)))
  const elapsed = performance.now() - startedAt
  t.true(elapsed > 4900 && elapsed < 15_000, `${elapsed} ms`)
  for (const [index, page] of pages.entries()) {
    isRefused(t, page, urls[index] ?? '')
    t.regex(page.text, /did not answer in time/)
  }
})

verifiesAlone('document-size', async (t) => {
  const pad = (bytes: number) => 'x'.repeat(bytes)
  // Good in every other way.
  const good = (path = ''): string => JSON.stringify(toDocument(`https://client.test${path}`))
  await refusesDocument(t, 'by its own word', ({ url }, response) => {
    const text = good(url) + ' '.repeat(10_240)
    const headers = { 'content-type': 'application/json', 'content-length': text.length }
    response.writeHead(200, headers).end(text)
  })
  await refusesDocument(t, 'a little at a time', ({ url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(good(url))
    for (let part = 0; part < 20; part += 1) response.write(' '.repeat(1024))
    response.end()
  })
  await refusesDocument(t, 'a bomb', (request, response) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    response.writeHead(200, headers)
    const url = `https://client.test${request.url}`
    response.end(gzipSync(JSON.stringify(toDocument(url)) + ' '.repeat(5_000_000)))
  })
  await refusesDocument(t, 'a bomb of brotli', (request, response) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'br' }
    response.writeHead(200, headers)
    const url = `https://client.test${request.url}`
    response.end(brotliCompressSync(JSON.stringify(toDocument(url)) + ' '.repeat(5_000_000)))
  })
  const url = newUrl()
  const empty = JSON.stringify(toDocument(url, { pad: '' })).length
  internet.serve(url, toDocument(url, { pad: pad(10_240 - empty) }))
  t.is((await open(url)).status, 200, 'exactly 10 KB')
})

verifiesAlone('document-type', async (t) => {
  const typed =
    (type: string | undefined): Answer =>
    (request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type })
      response.end(JSON.stringify(toDocument(`https://client.test${request.url}`)))
    }
  for (const type of ['text/html', 'text/plain', undefined, 'application/json; charset=utf-16']) {
    await refusesDocument(t, String(type), typed(type))
  }
  await refusesDocument(t, 'not UTF-8', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
  })
  for (const type of ['application/json; charset=utf-8', 'application/cimd+json']) {
    const url = newUrl()
    internet.serve(url, typed(type))
    t.is((await open(url)).status, 200, type)
  }
})

verifiesAlone('document-identity', async (t) => {
  for (const change of [
    (url: string) => url.replace('client.test', 'Client.test'),
    (url: string) => `${url}/`,
    (url: string) => url.replace('client.test', 'client.test:443'),
    (url: string) => url.replace('.json', '.JSON'),
    (url: string) => [url],
    () => undefined,
    () => null,
  ]) {
    const url = newUrl()
    internet.serve(url, { ...toDocument(url), client_id: change(url) })
    isRefused(t, await open(url), String(change))
  }
})

verifiesAlone('document-defects', async (t) => {
  const wrong: Readonly<Record<string, (good: object) => unknown>> = {
    'no JSON': () => '{',
    'a list': (good) => [good],
    'a text': () => '"x"',
    'a member twice': (good) => JSON.stringify(good).replace('{', '{"client_name":"a",'),
    'a tower': (good) =>
      JSON.stringify({ ...good, x: 0 }).replace(
        '"x":0',
        `"x":${'['.repeat(4000)}${']'.repeat(4000)}`,
      ),
    __proto__: (good) => JSON.stringify(good).replace('{', '{"__proto__":{"a":1},'),
    'a text for a list': (good) => ({ ...good, redirect_uris: REDIRECT }),
    'no list': (good) => ({ ...good, redirect_uris: undefined }),
    'an empty list': (good) => ({ ...good, redirect_uris: [] }),
    'very many': (good) => ({
      ...good,
      redirect_uris: Array.from({ length: 21 }, (_, n) => `${REDIRECT}/${n}`),
    }),
    'a bad one among good': (good) => ({
      ...good,
      redirect_uris: [REDIRECT, 'javascript:alert(1)'],
    }),
    'http off this machine': (good) => ({ ...good, redirect_uris: ['http://client.test/cb'] }),
    'no name': (good) => ({ ...good, client_name: undefined }),
    'a number for a name': (good) => ({ ...good, client_name: 7 }),
    'an empty name': (good) => ({ ...good, client_name: '' }),
    'a name that nobody sees': (good) => ({ ...good, client_name: '\u200b\u00ad ' }),
    'a secret': (good) => ({ ...good, client_secret: SECRET }),
    'a method of secrets': (good) => ({
      ...good,
      token_endpoint_auth_method: 'client_secret_post',
    }),
    'a private key': (good) => ({
      ...good,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', d: SECRET }] },
    }),
    'a key of two': (good) => ({
      ...good,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty: 'oct', k: SECRET }] },
    }),
    'keys nowhere': (good) => ({ ...good, token_endpoint_auth_method: 'private_key_jwt' }),
    'keys on this machine': (good) => ({
      ...good,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://127.0.0.1/keys',
    }),
  }
  for (const [name, change] of Object.entries(wrong)) {
    await refusesDocument(t, name, (request, response) => {
      const good = toDocument(`https://client.test${request.url}`)
      sendJson(change(good))(request, response)
    })
  }
  const url = newUrl()
  internet.serve(url, toDocument(url, { client_name: undefined }))
  const page = await open(url)
  t.regex(page.text, /it has no client_name that can be shown\. Whoever makes the application/)
})

verifiesAlone('document-not-reflected', async (t) => {
  for (const [type, body] of [
    ['text/html', `<h1>${SECRET}</h1>`],
    ['application/json', `"${SECRET}"`],
    ['application/json', `${SECRET}`],
    ['application/json', JSON.stringify({ client_id: SECRET })],
  ] as const) {
    await refusesDocument(t, body, sendJson(body, { 'content-type': type, 'x-secret': SECRET }))
  }
  const url = newUrl()
  const redirect_uris = [`http://${SECRET}.test/cb`, 'http://a']
  internet.serve(url, toDocument(url, { redirect_uris }))
  const page = await open(url)
  isRefused(t, page, 'redirect URIs')
  t.regex(page.text, /redirect_uris\[0\]/)
  t.false(server.lines.some((line) => line.includes(SECRET)))
})

verifiesAlone('document-tls', async (t) => {
  const other = await world.startAnother({
    CLIENT_DOCUMENT_TEST_HOSTS: [
      `expired.test=127.0.0.1:${expired.port}`,
      `strange.test=127.0.0.1:${strange.port}`,
      `wrong.test=127.0.0.1:${internet.port}`,
      `old.test=127.0.0.1:${old.port}`,
    ].join(','),
  })
  t.teardown(() => other.stop())
  for (const host of ['expired.test', 'strange.test', 'wrong.test', 'old.test']) {
    const { url } = client.begin(newUrl(host), { redirect_uri: REDIRECT })
    const page = await other.send({ url, headers: { accept: 'text/html' } })
    isRefused(t, page, host)
    t.regex(page.text, /No secure connection/, host)
  }
  t.deepEqual([...expired.asked, ...strange.asked, ...old.asked], [])
  t.false(internet.asked.some((url) => url.includes('wrong.test')))
})

verifiesAlone('document-cache', async (t) => {
  for (const [cacheControl, fetches] of [
    ['max-age=60', 1],
    ['no-store', 2],
    ['no-cache, max-age=60', 2],
  ] as const) {
    const url = newUrl()
    internet.serve(url, sendJson(toDocument(url), { 'cache-control': cacheControl }))
    await logIn(url, { redirect_uri: REDIRECT })
    await logIn(url, { redirect_uri: REDIRECT })
    t.is(internet.count(url), fetches, cacheControl)
  }
})

verifiesAlone('document-errors-not-cached', async (t) => {
  const url = newUrl()
  isRefused(t, await open(url), 'away')
  internet.serve(url, sendJson({}, { 'cache-control': 'max-age=600' }))
  isRefused(t, await open(url), 'wrong')
  internet.serve(url, toDocument(url))
  t.is((await open(url)).status, 200)
  t.is(internet.count(url), 3)
})

verifiesAlone('document-held', async (t) => {
  const url = newUrl()
  internet.serve(url, sendJson(toDocument(url), { 'cache-control': 'no-store' }))
  let tokens = await logIn(url, { redirect_uri: REDIRECT })
  const away: Answer = (_request, response) => response.destroy()
  for (const answer of [away, sendJson({ client_id: 'other' })]) {
    internet.serve(url, answer)
    const answered = await refresh(url, tokens)
    t.is(answered.status, 200, answered.text)
    tokens = answered.json()
    isRefused(t, await open(url), 'a new login')
  }
})

verifiesAlone('document-change', async (t) => {
  const url = newUrl()
  const other = 'https://client.test/other'
  const serve = (redirect_uris: readonly string[]) =>
    internet.serve(
      url,
      sendJson(toDocument(url, { redirect_uris }), { 'cache-control': 'no-store' }),
    )
  serve([REDIRECT, other])
  const person = createPerson(send)
  const page = await person.open(client.begin(url, { redirect_uri: other }).url)
  t.is(page.response.status, 200)
  serve([REDIRECT])
  t.is((await open(url, { redirect_uri: other })).status, 400)
  const submitted = await person.submit(page, { username: 'alice' })
  t.is(submitted.status, 400, 'also for whoever was on the way')
  t.is(submitted.headers.get('location'), null)
})

verifiesAlone('document-limits', async (t) => {
  const other = await world.startAnother({ RATE_LIMIT_FACTOR: '1' })
  t.teardown(() => other.stop())
  const ask = (clientId: string, from: string) => {
    const { url } = client.begin(clientId, { redirect_uri: REDIRECT })
    return other.send({ url, headers: { accept: 'text/html', 'x-forwarded-for': from } })
  }
  const known = newUrl()
  internet.serve(known, toDocument(known))
  t.is((await ask(known, '198.51.100.1')).status, 200)
  const urls = Array.from({ length: 40 }, () => newUrl())
  const pages: HttpResponse[] = []
  for (const url of urls) pages.push(await ask(url, '203.0.113.7'))
  const refused = pages.filter(({ status }) => status === 429)
  t.true(refused.length >= 5, `${refused.length}`)
  t.true(Number(refused[0]?.headers.get('retry-after')) >= 1)
  t.is(urls.filter((url) => internet.count(url) > 0).length, urls.length - refused.length)
  t.is((await ask(known, '203.0.113.7')).status, 200, 'the same address, a known document')
  t.is((await ask(newUrl(), '203.0.113.8')).status, 400, 'another address')
  const unkept = newUrl()
  internet.serve(unkept, sendJson(toDocument(unkept), { 'cache-control': 'no-store' }))
  const statuses = new Set<number>()
  for (let tries = 0; tries < 130; tries += 1) {
    statuses.add((await ask(unkept, '203.0.113.30')).status)
  }
  statuses.add((await ask(unkept, '203.0.113.31')).status)
  t.deepEqual([...statuses], [200], 'whoever asks without end keeps nobody from its client')
  t.true(internet.count(unkept) < 125, `${internet.count(unkept)}`)
})

verifiesAlone('document-room', async (t) => {
  /** Its keys are never found, so that nobody has to sign. */
  const askForKeys = async (jwks_uri: string, from: string) => {
    const token_endpoint_auth_method = 'private_key_jwt'
    const { client_id } = await client.register({ token_endpoint_auth_method, jwks_uri })
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const fields = {
      grant_type: 'refresh_token',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: `${encode({ alg: 'ES256' })}.${encode({ sub: client_id })}.AA`,
    }
    return await client.token(fields, { 'x-forwarded-for': from })
  }
  let connections = 0
  const countConnection = () => {
    connections += 1
  }
  silent.on('connection', countConnection)
  t.teardown(() => silent.off('connection', countConnection))
  const asking = Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const uri = newUrl(SILENT[index % SILENT.length])
      return (await askForKeys(uri, `198.51.100.${index}`)).status
    }),
  )
  await until(() => connections >= 20, 3000)
  const known = newUrl()
  internet.serve(known, { keys: [] })
  t.is((await askForKeys(known, '203.0.113.9')).status, 503, 'no room for more key sets')
  t.is(internet.count(known), 0)
  for (const url of Array.from({ length: 10 }, () => newUrl())) {
    internet.serve(url, toDocument(url))
    t.is((await open(url)).status, 200)
  }
  t.deepEqual([...new Set(await asking)], [503])
  t.is(connections, 20)
  t.is((await askForKeys(known, '203.0.113.9')).status, 401, 'room again')

  const [one, another] = ['203.0.113.20', '203.0.113.21']
  const opening = SILENT.map((host) => open(newUrl(host), {}, one))
  await until(() => connections >= 24, 3000)
  const url = newUrl()
  internet.serve(url, toDocument(url))
  const waits = await open(url, {}, one)
  t.is(waits.status, 503)
  t.regex(waits.text, /this one has to wait/)
  t.truthy(waits.headers.get('retry-after'))
  t.is((await open(url, {}, another)).status, 200, 'another address')
  for (const page of await Promise.all(opening)) t.is(page.status, 400)

  const before = connections
  const site = Array.from({ length: 24 }, (_, index) =>
    open(newUrl(SILENT[index % SILENT.length]), {}, `2001:db8:1:${index}::1`),
  )
  await until(() => connections >= before + 4, 3000)
  const free = newUrl()
  internet.serve(free, toDocument(free))
  const { status } = await open(free, {}, another)
  const waiting = (await Promise.all(site)).filter((page) => page.status === 503)
  t.is(waiting.length, 20, 'all networks of a site are one address')
  t.is(status, 200, 'which leaves room for others')
})

const supportedBy = async (one: { send: typeof send }) => {
  const { json } = await one.send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  return json()['client_id_metadata_document_supported']
}

verifiesAlone('document-advertised', async (t) => {
  // The first probe at start finds what this internet has.
  await until(async () => (await supportedBy(server)) === true, 5000)
  const other = await world.startAnother()
  t.teardown(() => other.stop())
  t.is(await supportedBy(other), true)
  const reachability = redisReachability(redis)
  const now = Date.now()
  for (const [minutes, expected] of [
    [1, true],
    [10, true],
    [11, undefined],
    [12, undefined],
  ] as const) {
    await reachability.report(false, now + minutes * 60_000)
    t.deepEqual(await Promise.all([server, other].map(supportedBy)), [expected, expected])
  }
  const url = newUrl()
  internet.serve(url, toDocument(url))
  t.is((await open(url)).status, 200, 'it is tried all the same')
  await reachability.report(true, now + 20 * 60_000)
  t.is(await supportedBy(server), undefined)
  await reachability.report(true, now + 30 * 60_000)
  t.is(await supportedBy(server), true)
})

verifiesAlone('document-not-accepted', async (t) => {
  const other = await world.startAnother({ CLIENT_ID_METADATA_DOCUMENTS: 'off' })
  t.teardown(() => other.stop())
  t.is(await supportedBy(other), undefined)
  const { url } = client.begin(CLAUDE_CODE.client_id, { redirect_uri: REDIRECT })
  const page = await other.send({ url, headers: { accept: 'text/html' } })
  isRefused(t, page, 'off')
  t.regex(page.text, /has to register instead/)
})

test('a machine whose probe finds nothing does not advertise', async (t) => {
  const dead = await startOAuthServer({
    environment: {
      CLIENT_ID_METADATA_DOCUMENTS: 'auto',
      LOG_LEVEL: 'debug',
      CLIENT_DOCUMENT_TEST_HOSTS: ['claude.ai', 'chatgpt.com', 'vscode.dev']
        .map((name) => `${name}=127.0.0.1:9`)
        .join(','),
    },
  })
  t.teardown(() => dead.stop())
  await until(() => dead.lines.some((line) => line.includes('"reachable":false')), 5000)
  t.is(await supportedBy(dead), undefined)
})
