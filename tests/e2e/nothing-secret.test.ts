/**
 * Nothing secret anywhere: every kind of secret there is is used at a whole gateway, then each of them is looked
 * for in all logs, figures, pages, the store and the processes.
 */

import { randomBytes } from 'node:crypto'
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { stringify } from 'yaml'
import { deriveSecret, Secret } from '../../lib/platform/secret.ts'
import { fixture } from '../support/bridge.ts'
import { createDevice, DEVICE_CODE, decide } from '../support/device.ts'
import { labelledFigures } from '../support/figure-labels.ts'
import { formWith } from '../support/forms.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayCommand, type Typed } from '../support/gateway-command.ts'
import { gitHubEnvironment, startGitHub } from '../support/github-emulator.ts'
import { createGitHubVisitor } from '../support/github-visitor.ts'
import { createHarvest, findLeaks, type Place } from '../support/harvest.ts'
import { form, sendOverNetwork } from '../support/http.ts'
import { initialize } from '../support/mcp-call.ts'
import { createOAuthClient, type Fields, type Registered } from '../support/oauth-client.ts'
import { credentialsOf, readTokens } from '../support/obtain-tokens.ts'
import { createPerson, type Person } from '../support/person.ts'
import { statelessBody } from '../support/stateless.ts'

const ROOT_SECRET = randomBytes(32).toString('base64url')
const OWN_SECRET = `own-${randomBytes(16).toString('hex')}`
const MARK = '--exposed-on-purpose'
const CB = 'https://app.example/cb'

const harvest = createHarvest(sendOverNetwork)
const { send, add } = harvest
const port = await freePort()
const issuer = `http://localhost:${port}`
const github = await startGitHub({ callbackUrl: `${issuer}/callback` })
github.add('octocat')
const notes = fixture('prints-environment.ts', {
  description: 'Notes of the tests',
  isolation: 'user',
  env: { KEY: '${secret.NOTES_KEY}' },
  userSecrets: { NOTES_KEY: 'Your key for the notes' },
})
const gateway = await startGateway({
  port,
  environment: {
    ...gitHubEnvironment(github),
    GATEWAY_SECRET: ROOT_SECRET,
    LOG_LEVEL: 'debug',
    RATE_LIMIT_FACTOR: '0',
  },
  file: stringify({ mcpServers: { notes }, access: { users: ['*'] } }),
})
const command = createGatewayCommand(gateway.folder, { GATEWAY_SECRET: ROOT_SECRET })
test.after.always(async () => {
  await gateway.remove()
  await github.stop()
})

// First, so that it is known by this name wherever it is seen.
add('secret of a person', OWN_SECRET)
const oauth = createOAuthClient(send, issuer)
const person = createPerson(send)
const visitor = createGitHubVisitor(github, send)

/** Approves here, is vouched for there, and comes back. */
async function approve(who: Person, url: string): Promise<URL> {
  const page = await who.open(url)
  let response = await who.submit(page, { decision: 'approve' })
  let location = response.headers.get('location') ?? ''
  if (!location.startsWith(CB)) {
    const back = await visitor.visit(location, 'octocat')
    response = (await who.open(back)).response
    location = response.headers.get('location') ?? ''
  }
  return new URL(location)
}

async function logIn(client: Registered, service: string): Promise<ReturnType<typeof readTokens>> {
  const resource = `${issuer}/${service}/mcp`
  const { url, verifier } = oauth.begin(client.client_id, {
    redirect_uri: CB,
    resource,
    scope: 'openid mcp',
  })
  const answer = await approve(person, url)
  const fields: Fields = {
    grant_type: 'authorization_code',
    code: answer.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: CB,
    ...credentialsOf(client),
  }
  return readTokens(await oauth.token(fields))
}

const post = (path: string, fields: Fields) => send({ ...form(fields), url: issuer + path })

async function callTools(endpoint: string, token: string): Promise<void> {
  const opened = await initialize(endpoint, token, send)
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  const call = { name: 'whoami', arguments: {} }
  const session = opened.headers.get('mcp-session-id') ?? ''
  for (const [body, more] of [
    [{ jsonrpc: '2.0', id: 2, method: 'tools/call', params: call }, { 'mcp-session-id': session }],
    [{ jsonrpc: '2.0', id: 2, method: 'nonsense/at-all' }, { 'mcp-session-id': session }],
    [
      statelessBody('tools/call', call),
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'whoami' },
    ],
  ] as const) {
    await send({
      url: endpoint,
      method: 'POST',
      headers: { ...headers, ...more },
      body: JSON.stringify(body),
    })
  }
}

/** Everything that has a secret in it, well and badly. */
async function useEverything(): Promise<void> {
  const kinds = ['none', 'client_secret_basic']
  const [open, confidential] = (await Promise.all(
    kinds.map((token_endpoint_auth_method) =>
      oauth.register({ redirect_uris: [CB], token_endpoint_auth_method }),
    ),
  )) as [Registered, Registered]
  const first = await logIn(open, 'echo')
  const second = await logIn(confidential, 'notes')
  await enterOwnSecret()
  await Promise.all([
    callTools(`${issuer}/echo/mcp`, first.access_token),
    callTools(`${issuer}/notes/mcp`, second.access_token),
    callTools(`${issuer}/echo/mcp`, `${first.access_token.slice(0, -4)}AAAA`),
    callTools(`${issuer}/echo/mcp`, second.access_token),
  ])
  await useDevice()
  const refreshed = readTokens(
    await oauth.token({
      grant_type: 'refresh_token',
      refresh_token: first.refresh_token,
      ...credentialsOf(open),
    }),
  )
  await post('/introspect', { token: second.access_token, ...credentialsOf(confidential) })
  await post('/introspect', { token: second.refresh_token, ...credentialsOf(confidential) })
  await send({
    url: `${issuer}/userinfo`,
    headers: { authorization: `Bearer ${second.access_token}` },
  })
  await post('/token', {
    grant_type: 'refresh_token',
    refresh_token: 'nonsense-refresh-token',
    client_id: open.client_id,
  })
  await post('/token', {
    grant_type: 'authorization_code',
    code: 'nonsense-code-of-nobody',
    client_id: open.client_id,
  })
  await post('/token', {
    grant_type: 'refresh_token',
    refresh_token: second.refresh_token,
    client_id: confidential.client_id,
    client_secret: 'a-wrong-client-secret',
  })
  await send({ url: `${issuer}/callback?state=${'x'.repeat(43)}&code=a-code-out-of-the-blue` })
  await send({ url: `${issuer}/nowhere?token=${second.access_token}` })
  await manage(confidential)
  await useCommands(second.access_token)
  await post('/revoke', { token: refreshed.access_token, client_id: open.client_id })
  await post('/revoke', { token: refreshed.refresh_token, client_id: open.client_id })
}

async function enterOwnSecret(): Promise<void> {
  const page = await person.open(`${issuer}/account`)
  const change = ['change', 'enter-secret'] as const
  const own = formWith(page, change, { service: 'notes', name: 'NOTES_KEY' })
  const fields = { change: 'enter-secret', value: OWN_SECRET }
  const { status, headers } = await person.post(own, fields)
  const location = headers.get('location') ?? ''
  if (!location.includes('secret-entered')) throw new Error(`not entered: ${status} ${location}`)
}

async function useDevice(): Promise<void> {
  const grant_types = [DEVICE_CODE, 'authorization_code', 'refresh_token']
  const { client_id } = await oauth.register({ grant_types, redirect_uris: [CB] })
  const device = createDevice(send, issuer)
  const codes = await device.begin({ client_id, resource: `${issuer}/echo/mcp` })
  await decide(person, codes, { decision: 'approve' })
  readTokens(await device.poll(codes.device_code, { client_id }))
}

/** The registration is read, and replaced with a wrong token. */
async function manage(client: Registered): Promise<void> {
  const url = String(client['registration_client_uri'])
  for (const token of [client['registration_access_token'], 'a-wrong-management-token']) {
    const answer = await send({ url, headers: { authorization: `Bearer ${token}` } })
    if (token === 'a-wrong-management-token' ? answer.status !== 401 : answer.status !== 200) {
      throw new Error(`managed: ${answer.status}`)
    }
  }
}

const said: string[] = []
async function run(args: readonly string[], typed?: Typed): Promise<string> {
  const { stdout, stderr } = await command(args, typed)
  said.push(stderr)
  return stdout
}

async function useCommands(token: string): Promise<void> {
  const { users } = JSON.parse(await run(['users', 'list', '--json'])) as {
    users: { user: string }[]
  }
  const wish = ['--user', users[0]?.user ?? '', '--service', 'echo', '--lifetime', '1h']
  const minted = (await run(['tokens', 'mint', ...wish])).trim()
  add('token of a script', minted)
  said.push(await run(['tokens', 'show', '-'], { stdin: token }))
  said.push(await run(['tokens', 'revoke', '-'], { stdin: minted }))
  for (const args of [
    ['clients', 'list', '--json'],
    ['grants', 'list', '--json'],
    ['keys', 'list', '--json'],
    ['status', '--json'],
    ['audit', '-n', '1000', '--json'],
    ['logs', '-n', '10000'],
    ['explain', '--url', `${issuer}/echo/mcp`],
  ]) {
    said.push(await run(args, { environment: { GATEWAY_TOKEN: token } }))
  }
}

/** Those that no request carries. */
function addHidden(): void {
  add('GATEWAY_SECRET', ROOT_SECRET)
  for (const purpose of ['oauth-server', 'edge', 'redis', 'user-secrets'] as const) {
    add(`derived key ${purpose}`, deriveSecret(new Secret(ROOT_SECRET), purpose).reveal())
  }
  add('secret of the app at GitHub', github.clientSecret)
  for (const { headers } of github.requests) {
    add('token at GitHub', headers.get('authorization')?.split(' ')[1])
  }
}

async function pages(base: string, paths: readonly string[]): Promise<Place[]> {
  return await Promise.all(
    paths.map(async (path): Promise<Place> => [path, await (await fetch(base + path)).text()]),
  )
}

function stateFiles(): Place[] {
  const state = join(gateway.folder, '.gateway')
  return globSync('**/*', { cwd: state })
    .filter((file) => statSync(join(state, file)).isFile())
    .map((file) => [file, readFileSync(join(state, file), 'latin1')])
}

/** Of every process of this gateway, the rooms among them, what `ps` shows; of services also what they were given. */
function processPlaces(services: readonly number[]): Place[] {
  const mine = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).includes(gateway.folder),
  )
  return [
    ...mine.map((pid): Place => [`arguments of ${pid}`, read(`/proc/${pid}/cmdline`)]),
    ...services.map((pid): Place => [`environment of ${pid}`, read(`/proc/${pid}/environ`)]),
  ]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

/** Where a secret has its home. */
const HOMES = [
  // What the store asks for; the file is the account's alone.
  /^derived key redis \d+: valkey\/valkey\.conf$/,
  // For that program it was entered.
  /^secret of a person \d+: environment of \d+$/,
]

test('every kind of secret was used, and none stands anywhere', async (t) => {
  t.timeout(240_000)
  await useEverything()
  addHidden()
  const { processes } = JSON.parse(await run(['status', '--json'])) as {
    processes: { pid: number | null }[]
  }
  const services = processes.flatMap(({ pid }) => pid ?? [])
  t.true(services.length > 0)
  const figures = JSON.parse(
    await (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics/targets`)).text(),
  ) as { labels: Record<string, string> }[]
  const admin = [
    '/',
    '/server_info',
    '/clusters',
    '/listeners',
    '/certs',
    '/stats',
    '/config_dump',
    '/init_dump',
  ]
  const figurePages = await pages(
    `http://127.0.0.1:${gateway.metricsPort}`,
    figures.map(({ labels }) => labels['__metrics_path__'] ?? ''),
  )
  const told = new Map(figurePages.flatMap(([, page]) => [...labelledFigures(page)]))
  for (const [name, strange] of told) t.deepEqual(strange, [], name)
  for (const name of ['logins', 'consents', 'token_requests', 'registrations', 'tool_calls']) {
    t.true(told.has(`mcp_gateway_${name}_total`), `${name} was told of`)
  }
  const places: Place[] = [
    ['the terminal', gateway.output()],
    ['what commands said', said.join('\n')],
    ...figurePages,
    ...(await pages(`http://127.0.0.1:${gateway.adminPort}`, admin)),
    ...processPlaces(services),
    ...stateFiles(),
  ]
  const kinds = new Set([...harvest.secrets.keys()].map((kind) => kind.replace(/ \d+$/, '')))
  t.log(`${harvest.secrets.size} secrets of ${kinds.size} kinds, ${places.length} places`)
  for (const kind of [
    ...['access_token', 'refresh_token', 'id_token', 'client_secret', 'registration_access_token'],
    ...[
      'device_code',
      'user_code',
      'code',
      'code_verifier',
      'state',
      'interaction',
      'token of a script',
    ],
    ...['GATEWAY_SECRET', 'derived key edge', 'token at GitHub', 'secret of a person'],
  ]) {
    t.true(kinds.has(kind), `${kind} was used`)
  }
  t.true([...kinds].some((kind) => kind.startsWith('cookie ')))
  for (const name of [
    'gateway.log',
    'appendonly',
    '/config_dump',
    'arguments of',
    'the terminal',
  ]) {
    t.true(
      places.some(([place, text]) => place.includes(name) && text !== ''),
      `${name} was looked at`,
    )
  }
  const log = places.find(([place]) => place.endsWith('gateway.log'))?.[1] ?? ''
  for (const line of ['"msg":"code exchanged"', '"reason":"bad_signature"', 'github:']) {
    t.true(log.includes(line), `${line} was logged`)
  }
  const leaks = findLeaks(places, harvest.secrets)
  t.deepEqual(
    leaks.filter((leak) => !HOMES.some((home) => home.test(leak))),
    [],
  )

  // Each of them would have been found.
  for (const [kind, secret] of harvest.secrets) {
    const planted: Place = ['planted', `${log.slice(0, 1000)}${MARK} ${secret} ${log.slice(-1000)}`]
    t.deepEqual(findLeaks([planted], new Map([[kind, secret]])), [`${kind}: planted`])
  }
})
