/** What is brought along to servers elsewhere: the operator's, a person's, or a token of the gateway's own. */

import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { deriveKey, Secret } from '../../../lib/platform/secret.ts'
import { redisUserSecrets } from '../../../lib/store/user-secrets.ts'
import { toUserId } from '../../../mcp-bridge/runner/user-id.ts'
import { startBridge, USER_SECRETS_KEY } from '../../support/bridge.ts'
import { until } from '../../support/live-session.ts'
import { initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import { readBody, serveHttp } from '../../support/remote-servers.ts'
import { ask } from '../../support/stateless.ts'

/** Keys that the server knows, and tokens that its authorization server has made. */
const known = new Set(['Bearer key of the operator', 'Bearer key of Ann', 'Bearer key of Ben'])

const SLOW_MS = 500

/** Answers that say why a token of the gateway is refused, for as long as somebody listens. */
const reasons = { told: 0, heard: 0 }

function goOn(response: ServerResponse): void {
  reasons.told += 1
  reasons.heard += 1
  const timer = setInterval(() => response.write('x'.repeat(1024)), 1)
  response.once('close', () => {
    clearInterval(timer)
    reasons.heard -= 1
  })
}

const server = await serveHttp(async (request, response) => {
  const body = await readBody(request)
  if (request.headers.authorization === 'Bearer outdated and slow') await sleep(SLOW_MS)
  const { authorization = '' } = request.headers
  if (!known.has(authorization)) {
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' })
    if (authorization.endsWith('-of-the-gateway')) goOn(response)
    else response.end()
    return
  }
  if (request.method !== 'POST') {
    response.writeHead(405).end()
    return
  }
  const { id, method } = JSON.parse(body) as { id?: unknown; method: string }
  if (id === undefined) {
    response.writeHead(202).end()
    return
  }
  const result =
    method === 'initialize'
      ? { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'x', version: '1' } }
      : { saw: request.headers.authorization }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
})

const SECRET = 'the client secret of the gateway'
let made = 0
const tokens = await serveHttp(async (request, response) => {
  const form = new URLSearchParams(await readBody(request))
  response.setHeader('content-type', 'application/json')
  if (form.get('client_secret') !== SECRET) {
    response.writeHead(401).end('{"error":"invalid_client"}')
    return
  }
  made += 1
  const access_token = `token-${made}-of-the-gateway`
  known.add(`Bearer ${access_token}`)
  response.end(JSON.stringify({ access_token, token_type: 'bearer', expires_in: 3600 }))
}, '/token')

const oauth = { tokenUrl: tokens.url, clientId: 'gateway', authentication: 'post' }
const services = {
  operators: { url: server.url, headers: { Authorization: 'Bearer ${secret.KEY}' } },
  wrong: { url: server.url, headers: { Authorization: 'Bearer ${secret.WRONG}' } },
  unset: { url: server.url, headers: { Authorization: 'Bearer ${secret.UNSET}' } },
  personal: {
    url: server.url,
    headers: { Authorization: 'Bearer ${secret.NOTES_KEY}', 'X-Person': '${user.id}' },
    userSecrets: { NOTES_KEY: 'Your key' },
  },
  asked: {
    url: server.url,
    headers: { Authorization: 'Bearer ${secret.NOTES_KEY}' },
    userSecrets: { NOTES_KEY: 'Your key' },
  },
  gateways: { url: server.url, oauth: { ...oauth, clientSecret: '${secret.OAUTH_KEY}' } },
  lasting: { url: server.url, oauth: { ...oauth, clientSecret: '${secret.OAUTH_KEY}' } },
  strangers: { url: server.url, oauth: { ...oauth, clientSecret: '${secret.WRONG}' } },
}
const bridge = await startBridge({
  environment: { KEY: 'key of the operator', NOTES_KEY: 'canary', OAUTH_KEY: SECRET, WRONG: 'no' },
  services,
})
const secrets = redisUserSecrets(
  await bridge.valkey.connect(),
  deriveKey(new Secret(USER_SECRETS_KEY), 'user-secrets'),
)
test.after.always(async () => {
  await bridge.stop()
  await Promise.all([server.stop(), tokens.stop()])
})

const messageOf = async (service: string, user = 'dev:ann'): Promise<string> => {
  const { error } = await json(send(bridge, service, initializeBody(), { caller: { user } }))
  return error?.message ?? ''
}

const sawOf = async (service: string, user = 'dev:ann'): Promise<unknown> => {
  const options = { caller: { user } }
  const { id } = await open(bridge, service, options)
  const { result } = await json(send(bridge, service, rpc('saw'), { ...options, session: id }))
  return result?.['saw']
}

test('the operator’s header comes with each request', async (t) => {
  t.is(await sawOf('operators'), 'Bearer key of the operator')
})

test('who is refused hears who can help', async (t) => {
  t.regex(await messageOf('wrong'), /service wrong: .*the operator must check the headers/)
  t.regex(await messageOf('unset'), /service unset: could not be started/)
  t.regex(
    await messageOf('strangers'),
    /service strangers: .*refuses the gateway \(401, invalid_client\)/,
  )
})

test('each person brings what that person has entered', async (t) => {
  t.regex(await messageOf('personal', 'dev:cora'), /needs NOTES_KEY from you/)
  for (const [user, key] of [
    ['dev:ann', 'key of Ann'],
    ['dev:ben', 'key of Ben'],
  ] as const) {
    await secrets.enter({ userId: user, service: 'personal' }, 'NOTES_KEY', key)
    t.is(await sawOf('personal', user), `Bearer ${key}`)
    const own = server.seen.findLast(({ headers }) => headers.authorization === `Bearer ${key}`)
    t.is(own?.headers['x-person'], toUserId(user))
  }
})

test('a person’s key that is refused is entered anew on the account page', async (t) => {
  const place = { userId: 'dev:dora', service: 'personal' }
  await secrets.enter(place, 'NOTES_KEY', 'outdated')
  const words =
    /\(401\): what you have entered .* enter it anew at http:\/\/localhost:8642\/account/
  t.regex(await messageOf('personal', 'dev:dora'), words)
  await secrets.enter(place, 'NOTES_KEY', 'two\nlines')
  t.regex(await messageOf('personal', 'dev:dora'), /header Authorization has characters no header/)
})

test('whose key is refused while the server is asked what it speaks answers for nobody else', async (t) => {
  const keys = [
    ['dev:dora', 'outdated and slow'],
    ['dev:ben', 'key of Ben'],
  ] as const
  for (const [user, key] of keys) {
    await secrets.enter({ userId: user, service: 'asked' }, 'NOTES_KEY', key)
  }
  const listOf = (user: string) =>
    json(ask(bridge, 'asked', 'tools/list', {}, { caller: { user } }))
  const refused = listOf('dev:dora')
  await sleep(SLOW_MS / 2)
  const served = await listOf('dev:ben')
  t.is(served.result?.['saw'], 'Bearer key of Ben', served.error?.message)
  t.regex((await refused).error?.message ?? '', /what you have entered/)
})

test('the gateway logs in by itself, once for all, and again when its token is refused', async (t) => {
  const before = made
  t.deepEqual(await Promise.all([sawOf('gateways'), sawOf('gateways', 'dev:ben')]), [
    `Bearer token-${before + 1}-of-the-gateway`,
    `Bearer token-${before + 1}-of-the-gateway`,
  ])
  t.is(made, before + 1)
  known.delete(`Bearer token-${before + 1}-of-the-gateway`)
  t.is(await sawOf('gateways'), `Bearer token-${before + 2}-of-the-gateway`)
  t.true(reasons.told > 0)
  await until(() => reasons.heard === 0)
  t.is(reasons.heard, 0, 'nobody reads on why it was refused')
})

/** Resolves when who used it as it was begins anew. */
async function change(service: keyof typeof services, definition: object): Promise<void> {
  const { id: session } = await open(bridge, service)
  bridge.configure({ ...services, [service]: definition })
  for (;;) {
    const answer = await send(bridge, service, rpc('saw'), { session })
    await answer.body?.cancel()
    if (answer.status === 404) return
    await sleep(50)
  }
}

test.serial(
  'its token lasts when the service is changed, unless that changes how the server is reached',
  async (t) => {
    const { lasting } = services
    const before = await sawOf('lasting')
    await change('lasting', { ...lasting, callTimeout: 299 })
    t.is(await sawOf('lasting'), before)
    await change('lasting', { ...lasting, oauth: { ...lasting.oauth, scope: 'more' } })
    t.not(await sawOf('lasting'), before)
  },
)

test.serial.after.always('nothing of it is in the log', (t) => {
  const log = JSON.stringify(bridge.log)
  for (const secret of ['key of', 'of-the-gateway', SECRET, 'outdated', 'canary']) {
    t.false(log.includes(secret), secret)
  }
})
