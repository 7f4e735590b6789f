/**
 * A GitHub of our own, over a loopback socket: the endpoints of its web flow and the API behind it, with
 * what is odd about them. People, organisations and failures can be changed while it runs.
 *
 * Pages are forms: `/login` asks for a login name (no password), the authorize page for the permission,
 * which is not asked again for an app that was given it before.
 */

import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface GitHubEmail {
  readonly email: string
  readonly verified: boolean
  readonly primary: boolean
}

export interface GitHubPerson {
  id: number
  login: string
  emails: GitHubEmail[]
  /** Logins of organisations. */
  organizations: string[]
  /** `organisation/team`. */
  teams: string[]
  /** The account is gone: no token of it works. */
  isGone: boolean
  /** It is there, and may do nothing. */
  isSuspended: boolean
}

export interface GitHubOrganization {
  id: number
  login: string
}

/** What an endpoint does instead of its work. */
export type Failure =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: 'html' }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Headers at once, then one byte every 100 ms. */
  | { readonly kind: 'slow-body' }
  /** Does its work, later. */
  | { readonly kind: 'late'; readonly milliseconds: number }
  | { readonly kind: 'huge' }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'json'; readonly body: unknown; readonly headers?: Record<string, string> }
  | { readonly kind: 'drop' }

export type Endpoint = 'authorize' | 'token' | 'user' | 'emails' | 'orgs' | 'teams'

export interface GitHubEmulator {
  /** GITHUB_URL. */
  readonly url: string
  /** GITHUB_API_URL. */
  readonly apiUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly people: Map<string, GitHubPerson>
  readonly organizations: Map<string, GitHubOrganization>
  /** By endpoint; removed, the endpoint works again. */
  readonly failures: Map<Endpoint, Failure>
  /** Paths and headers of every request, oldest first; bodies and queries are left out. */
  readonly requests: { readonly method: string; readonly path: string; readonly headers: Headers }[]
  /** Scopes people take away on the authorize page. */
  readonly withheld: Set<string>
  /** Scopes of the last authorize request. */
  lastScopes(): readonly string[]
  /** Adds a person; members that are not given are those of somebody new. */
  add(login: string, changes?: Partial<GitHubPerson>): GitHubPerson
  rename(from: string, to: string): void
  /** The person takes the permission back from the app: tokens die, and it will be asked for again. */
  revokeApp(login: string): void
  /** How many tokens of a person are alive. */
  tokensOf(login: string): number
  /** As if the ten minutes of every code had passed. */
  expireCodes(): void
  /** A person enters the code of a device, and allows or refuses. False: there is no such code. */
  enterDeviceCode(userCode: string, login: string, decision?: 'allow' | 'refuse'): boolean
  /** Codes that devices show and nobody has entered yet. */
  pendingDeviceCodes(): readonly string[]
  /** Whether the app allows the device flow. */
  setDeviceFlow(isAllowed: boolean): void
  /** As if the eight hours of every access token had passed, where they expire. */
  expireTokens(): void
  /** As if the six months of every refresh token had passed. */
  expireRefreshTokens(): void
  stop(): Promise<void>
}

export interface GitHubEmulatorOptions {
  /** API below `/api/v3`, as GitHub Enterprise Server has it. */
  readonly enterprise?: boolean
  /** What the app registered; sub-paths of it are accepted as well. Undefined accepts any. */
  readonly callbackUrl?: string
  readonly port?: number
  /** What the app is known by; made up unless given. */
  readonly clientId?: string
  readonly clientSecret?: string
  /** The app is a GitHub App whose tokens expire and are renewed: then they have no scopes. */
  readonly isExpiring?: boolean
  /** What devices are told to wait between two questions, seconds; GitHub says 5. */
  readonly deviceInterval?: number
  /** What they have to wait in truth, if it is more; then they are told how much. */
  readonly devicePatience?: number
}

interface Authorization {
  readonly person: GitHubPerson
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly challenge: string | undefined
  expiresAt: number
}

/** A device that waits for its person. */
interface Device {
  readonly userCode: string
  readonly scopes: readonly string[]
  /** When it began, or asked last, `performance.now`. */
  askedAt: number
  decision: 'pending' | 'refused' | GitHubPerson
}

interface Token {
  readonly person: GitHubPerson
  readonly scopes: readonly string[]
  /** Renews it, once. */
  readonly refreshToken?: string | undefined
}

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const CODE_MS = 600_000
/** A timer may be early by a millisecond. */
const TIMER_SLACK = 0.9
/** Of one person and the same scopes: one more ends the oldest. */
const TOKENS_MAX = 10
/** What a GitHub App may read, in the words of scopes. */
const APP_PERMISSIONS = ['user:email', 'read:org']
const SESSION = 'github_session'
const PAGE_SIZE_DEFAULT = 30
const PAGE_SIZE_MAX = 100

export async function startGitHub(options: GitHubEmulatorOptions = {}): Promise<GitHubEmulator> {
  const state = createState(options)
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  state.url = `http://127.0.0.1:${port}`
  const emulator: GitHubEmulator = {
    url: state.url,
    apiUrl: state.url + state.apiPrefix,
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    people: state.people,
    organizations: state.organizations,
    failures: state.failures,
    requests: state.requests,
    withheld: state.withheld,
    lastScopes: () => state.lastScopes,
    add: (login, changes) => addPerson(state, login, changes),
    rename(from, to) {
      const person = state.people.get(from)
      if (person === undefined) throw new Error(`there is no ${from}`)
      state.people.delete(from)
      person.login = to
      state.people.set(to, person)
    },
    revokeApp(login) {
      const person = state.people.get(login)
      if (person === undefined) throw new Error(`there is no ${login}`)
      state.approved.delete(person.id)
      for (const [token, held] of state.tokens)
        if (held.person === person) state.tokens.delete(token)
      for (const [token, held] of state.renewable)
        if (held === person) state.renewable.delete(token)
    },
    tokensOf: (login) =>
      [...state.tokens.values()].filter(({ person }) => person.login === login).length,
    expireCodes() {
      for (const code of state.codes.values()) code.expiresAt = 0
    },
    enterDeviceCode(userCode, login, decision = 'allow') {
      const device = [...state.devices.values()].find((one) => one.userCode === userCode)
      const person = state.people.get(login)
      if (device === undefined || person === undefined) return false
      device.decision = decision === 'allow' ? person : 'refused'
      return true
    },
    pendingDeviceCodes: () =>
      [...state.devices.values()]
        .filter(({ decision }) => decision === 'pending')
        .map(({ userCode }) => userCode),
    setDeviceFlow(isAllowed) {
      state.allowsDevices = isAllowed
    },
    expireTokens() {
      for (const [token, { refreshToken }] of state.tokens)
        if (refreshToken !== undefined) state.tokens.delete(token)
    },
    expireRefreshTokens: () => state.renewable.clear(),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return emulator
}

/** What a gateway has to know of it. */
export function gitHubEnvironment({
  url,
  apiUrl,
  clientId,
  clientSecret,
}: Pick<GitHubEmulator, 'url' | 'apiUrl' | 'clientId' | 'clientSecret'>) {
  return {
    GITHUB_URL: url,
    GITHUB_API_URL: apiUrl,
    GITHUB_CLIENT_ID: clientId,
    GITHUB_CLIENT_SECRET: clientSecret,
  }
}

/** What was answered on; undefined: somebody else has answered already. */
type Sent = ServerResponse | undefined

type State = ReturnType<typeof createState>

function createState({
  enterprise = false,
  callbackUrl,
  isExpiring = false,
  deviceInterval = 5,
  devicePatience = deviceInterval,
  clientId = `Iv1.${randomBytes(8).toString('hex')}`,
  clientSecret = randomBytes(20).toString('hex'),
}: GitHubEmulatorOptions) {
  return {
    isExpiring,
    deviceInterval,
    devicePatience,
    allowsDevices: true,
    /** By device code. */
    devices: new Map<string, Device>(),
    url: '',
    apiPrefix: enterprise ? '/api/v3' : '/api',
    clientId,
    clientSecret,
    callbackUrl,
    people: new Map<string, GitHubPerson>(),
    organizations: new Map<string, GitHubOrganization>(),
    failures: new Map<Endpoint, Failure>(),
    requests: [] as { method: string; path: string; headers: Headers }[],
    withheld: new Set<string>(),
    lastScopes: [] as readonly string[],
    /** Session cookie → login. */
    sessions: new Map<string, string>(),
    /** Person → scopes that were permitted. */
    approved: new Map<number, Set<string>>(),
    codes: new Map<string, Authorization>(),
    tokens: new Map<string, Token>(),
    /** By refresh token: whose tokens it renews. */
    renewable: new Map<string, GitHubPerson>(),
    nextId: 583_231,
  }
}

function addPerson(state: State, login: string, changes: Partial<GitHubPerson> = {}): GitHubPerson {
  state.nextId += 1
  const person: GitHubPerson = {
    id: state.nextId,
    login,
    emails: [{ email: `${login}@users.example`, verified: true, primary: true }],
    organizations: [],
    teams: [],
    isGone: false,
    isSuspended: false,
    ...changes,
  }
  state.people.set(login, person)
  return person
}

function organizationOf(state: State, login: string): GitHubOrganization {
  const held = state.organizations.get(login)
  if (held !== undefined) return held
  state.nextId += 1
  const made = { id: state.nextId, login }
  state.organizations.set(login, made)
  return made
}

interface Call {
  readonly state: State
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly form: URLSearchParams
}

async function handle(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', state.url)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = new Headers(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  state.requests.push({ method: request.method ?? '', path: url.pathname, headers })
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
  const [endpoint, answer] = route(state, `${request.method} ${url.pathname}`)
  const failure = endpoint && state.failures.get(endpoint)
  if (failure?.kind === 'late') await sleep(failure.milliseconds)
  if (failure !== undefined && failure.kind !== 'late') await fail(response, failure)
  else if (answer === undefined) sendJson(response, 404, { message: 'Not Found' })
  else answer({ state, request, response, url, form })
}

function route(
  { apiPrefix }: State,
  key: string,
): [Endpoint | undefined, ((call: Call) => Sent) | undefined] {
  const table: Record<string, [Endpoint | undefined, (call: Call) => Sent]> = {
    'GET /login': [undefined, showLogin],
    'POST /login': [undefined, logIn],
    'GET /login/oauth/authorize': ['authorize', authorize],
    'POST /login/oauth/authorize': ['authorize', decide],
    'POST /login/oauth/access_token': ['token', exchange],
    'POST /login/device/code': [undefined, beginDevice],
    [`GET ${apiPrefix}/user`]: ['user', sendUser],
    [`GET ${apiPrefix}/user/emails`]: ['emails', sendEmails],
    [`GET ${apiPrefix}/user/orgs`]: ['orgs', sendOrganizations],
    [`GET ${apiPrefix}/user/teams`]: ['teams', sendTeams],
  }
  return table[key] ?? [undefined, undefined]
}

async function fail(
  response: ServerResponse,
  failure: Exclude<Failure, { kind: 'late' }>,
): Promise<void> {
  switch (failure.kind) {
    case 'hang':
      return
    case 'drop':
      response.destroy()
      return
    case 'status':
      response.writeHead(failure.status, failure.headers).end('{"message":"no"}')
      return
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Unicorn!</h1>')
      return
    case 'redirect':
      response.writeHead(302, { location: failure.to }).end()
      return
    case 'json':
      for (const [name, value] of Object.entries(failure.headers ?? {})) {
        response.setHeader(name, value)
      }
      sendJson(response, 200, failure.body)
      return
    case 'huge':
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`{"id":1,"login":"${'x'.repeat(3_000_000)}"}`)
      return
    case 'slow-body':
      response.writeHead(200, { 'content-type': 'application/json' })
      for (let sent = 0; sent < 600 && !response.destroyed; sent += 1) {
        response.write(' ')
        await sleep(100)
      }
      response.end('{}')
  }
}

function showLogin({ response, url }: Call): Sent {
  const back = escapeHtml(url.searchParams.get('return_to') ?? '/')
  return sendPage(
    response,
    `<h1>Sign in to GitHub</h1><form method="post" action="/login">
<input type="hidden" name="return_to" value="${back}">
<label>Username <input type="text" name="login" required></label><button type="submit">Sign in</button></form>`,
  )
}

function logIn({ state, response, form }: Call): Sent {
  const person = state.people.get(form.get('login') ?? '')
  if (person === undefined || person.isGone || person.isSuspended)
    return sendPage(response, '<p>Incorrect username</p>', 401)
  const session = randomBytes(16).toString('hex')
  state.sessions.set(session, person.login)
  const back = form.get('return_to') ?? '/'
  response.writeHead(302, {
    // Only ever a path of ours.
    location: /^\/(?!\/)/.test(back) ? back : '/',
    'set-cookie': `${SESSION}=${session}; Path=/; HttpOnly; SameSite=Lax`,
  })
  return response.end()
}

function personOf({ state, request }: Call): GitHubPerson | undefined {
  const [, session = ''] =
    new RegExp(`${SESSION}=([0-9a-f]+)`).exec(request.headers.cookie ?? '') ?? []
  const person = state.people.get(state.sessions.get(session) ?? '')
  return person?.isGone || person?.isSuspended ? undefined : person
}

/** GitHub tells faults of the app itself on its own pages or at the callback, and takes sub-paths of it. */
function authorize(call: Call): Sent {
  const { state, response, url } = call
  const { searchParams } = url
  if (searchParams.get('client_id') !== state.clientId) return sendPage(response, '<p>404</p>', 404)
  const redirectUri = searchParams.get('redirect_uri') ?? state.callbackUrl ?? ''
  if (!isRegistered(state, redirectUri)) {
    const known = new URL(state.callbackUrl ?? state.url)
    known.search = String(
      new URLSearchParams({
        error: 'redirect_uri_mismatch',
        error_description: 'The redirect_uri MUST match the registered callback URL.',
        state: searchParams.get('state') ?? '',
      }),
    )
    return response.writeHead(302, { location: known.href }).end()
  }
  const person = personOf(call)
  if (person === undefined || searchParams.get('prompt') === 'select_account') {
    const back = new URL(url)
    back.searchParams.delete('prompt')
    const target = `/login?return_to=${encodeURIComponent(back.pathname + back.search)}`
    return response.writeHead(302, { location: target }).end()
  }
  const scopes = scopesOf(searchParams)
  state.lastScopes = scopes
  const held = state.approved.get(person.id)
  if (held !== undefined && scopes.every((scope) => held.has(scope))) {
    return grant(call, person, searchParams)
  }
  return sendPage(
    response,
    `<h1>Authorize</h1><p>${escapeHtml(person.login)}: ${escapeHtml(scopes.join(', '))}</p>
<form method="post" action="/login/oauth/authorize">${[...searchParams]
      .map(
        ([name, value]) =>
          `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
      )
      .join('')}
<button type="submit" name="authorize" value="1">Authorize</button>
<button type="submit" name="authorize" value="0">Cancel</button></form>`,
  )
}

function decide(call: Call): Sent {
  const { state, response, form } = call
  const person = personOf(call)
  const redirectUri = form.get('redirect_uri') ?? ''
  if (
    person === undefined ||
    form.get('client_id') !== state.clientId ||
    !isRegistered(state, redirectUri)
  ) {
    return sendPage(response, '<p>422</p>', 422)
  }
  if (form.get('authorize') !== '1') {
    const target = new URL(redirectUri)
    target.searchParams.set('error', 'access_denied')
    target.searchParams.set('error_description', 'The user has denied your application access.')
    target.searchParams.set('state', form.get('state') ?? '')
    return response.writeHead(302, { location: target.href }).end()
  }
  const permitted = state.approved.get(person.id) ?? new Set()
  for (const scope of scopesOf(form)) permitted.add(scope)
  state.approved.set(person.id, permitted)
  return grant(call, person, form)
}

function grant({ state, response }: Call, person: GitHubPerson, params: URLSearchParams): Sent {
  const code = randomBytes(10).toString('hex')
  const redirectUri = params.get('redirect_uri') ?? state.callbackUrl ?? ''
  state.codes.set(code, {
    person,
    scopes: scopesOf(params).filter((scope) => !state.withheld.has(scope)),
    redirectUri,
    challenge: params.get('code_challenge') ?? undefined,
    expiresAt: Date.now() + CODE_MS,
  })
  const target = new URL(redirectUri)
  target.searchParams.set('code', code)
  target.searchParams.set('state', params.get('state') ?? '')
  return response.writeHead(302, { location: target.href }).end()
}

/** Faults come with status 200. */
function exchange(call: Call): Sent {
  const { state, response, request, form } = call
  const refuse = (error: string): Sent =>
    sendTokenAnswer(request, response, {
      error,
      error_description: 'see the documentation',
      error_uri: 'https://docs.github.com/apps/oauth',
    })
  // The device flow asks for no secret.
  if (form.get('grant_type') === DEVICE_CODE_GRANT) return answerDevice(call, refuse)
  if (
    form.get('client_id') !== state.clientId ||
    form.get('client_secret') !== state.clientSecret
  ) {
    return refuse('incorrect_client_credentials')
  }
  if (form.get('grant_type') === 'refresh_token') return renew(call, refuse)
  const code = form.get('code') ?? ''
  const held = state.codes.get(code)
  state.codes.delete(code)
  if (held === undefined || held.expiresAt < Date.now()) return refuse('bad_verification_code')
  const redirectUri = form.get('redirect_uri')
  if (redirectUri !== null && redirectUri !== held.redirectUri)
    return refuse('redirect_uri_mismatch')
  const verifier = form.get('code_verifier')
  const challenge = createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url')
  if (held.challenge !== undefined && held.challenge !== challenge) {
    return refuse('bad_verification_code')
  }
  return giveToken(call, held)
}

/** As GitHub does it: faults come with status 200, and a wrong client is not found. */
function beginDevice({ state, request, response, form }: Call): Sent {
  if (form.get('client_id') !== state.clientId) {
    return sendJson(response, 404, { error: 'Not Found' })
  }
  if (!state.allowsDevices) {
    return sendTokenAnswer(request, response, { error: 'device_flow_disabled' })
  }
  const deviceCode = randomBytes(20).toString('hex')
  const letters = randomBytes(4).toString('hex').toUpperCase()
  const userCode = `${letters.slice(0, 4)}-${letters.slice(4)}`
  const device: Device = {
    userCode,
    scopes: scopesOf(form),
    askedAt: performance.now(),
    decision: 'pending',
  }
  state.devices.set(deviceCode, device)
  return sendTokenAnswer(request, response, {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: `${state.url}/login/device`,
    expires_in: 900,
    interval: state.deviceInterval,
  })
}

function answerDevice(call: Call, refuse: (error: string) => Sent): Sent {
  const { state, request, response, form } = call
  const code = form.get('device_code') ?? ''
  const device = state.devices.get(code)
  if (device === undefined || form.get('client_id') !== state.clientId) {
    return refuse('incorrect_device_code')
  }
  const waitedMs = performance.now() - device.askedAt
  device.askedAt = performance.now()
  const hasWaited = waitedMs >= state.devicePatience * 1000 * TIMER_SLACK
  if (!hasWaited) {
    const interval = state.devicePatience
    return sendTokenAnswer(request, response, { error: 'slow_down', interval })
  }
  const { decision: person, scopes } = device
  if (person === 'pending') return refuse('authorization_pending')
  state.devices.delete(code)
  return person === 'refused' ? refuse('access_denied') : giveToken(call, { person, scopes })
}

function renew(call: Call, refuse: (error: string) => Sent): Sent {
  const { state, form } = call
  const refreshToken = form.get('refresh_token') ?? ''
  const person = state.renewable.get(refreshToken)
  state.renewable.delete(refreshToken)
  if (person === undefined || person.isGone) return refuse('bad_refresh_token')
  for (const [token, held] of state.tokens)
    if (held.refreshToken === refreshToken) state.tokens.delete(token)
  return giveToken(call, { person, scopes: [] })
}

function giveToken(
  { state, request, response }: Call,
  { person, scopes }: Pick<Authorization, 'person' | 'scopes'>,
): Sent {
  const random = (start: string): string =>
    start + randomBytes(18).toString('base64url').replaceAll(/[-_]/g, 'x')
  if (!state.isExpiring) {
    const token = random('gho_')
    state.tokens.set(token, { person, scopes })
    endOldest(state, { person, scopes })
    const scope = scopes.join(',')
    return sendTokenAnswer(request, response, { access_token: token, token_type: 'bearer', scope })
  }
  const [token, refreshToken] = [random('ghu_'), random('ghr_')]
  state.tokens.set(token, { person, scopes: APP_PERMISSIONS, refreshToken })
  state.renewable.set(refreshToken, person)
  return sendTokenAnswer(request, response, {
    access_token: token,
    expires_in: 28_800,
    refresh_token: refreshToken,
    refresh_token_expires_in: 15_897_600,
    token_type: 'bearer',
    scope: '',
  })
}

function endOldest(
  { tokens }: State,
  { person, scopes }: Pick<Authorization, 'person' | 'scopes'>,
): void {
  const alike = [...tokens].filter(
    ([, held]) => held.person === person && String(held.scopes) === String(scopes),
  )
  for (const [token] of alike.slice(0, -TOKENS_MAX)) tokens.delete(token)
}

/** Without `Accept: application/json` GitHub answers in a form. */
function sendTokenAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  members: Record<string, string | number>,
): Sent {
  if (request.headers.accept === 'application/json') return sendJson(response, 200, members)
  response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' })
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(members)) form.set(name, String(value))
  return response.end(String(form))
}

function tokenOf({ state, request, response }: Call): Token | undefined {
  if (request.headers['user-agent'] === undefined) {
    response.writeHead(403).end('Request forbidden by administrative rules.')
    return undefined
  }
  const [, text = ''] = /^(?:bearer|token) (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  const token = state.tokens.get(text)
  if (token === undefined || token.person.isGone) {
    sendJson(response, 401, { message: 'Bad credentials' })
    return undefined
  }
  if (token.person.isSuspended) {
    sendJson(response, 403, { message: 'Sorry. Your account was suspended.' })
    return undefined
  }
  response.setHeader('X-OAuth-Scopes', token.scopes.join(', '))
  return token
}

function sendUser(call: Call): Sent {
  const token = tokenOf(call)
  if (token === undefined) return undefined
  const { id, login, emails } = token.person
  return sendJson(call.response, 200, {
    login,
    id,
    node_id: Buffer.from(`04:User${id}`).toString('base64'),
    type: 'User',
    name: null,
    // The public one: nobody knows from here whether it is verified.
    email: emails[0]?.email ?? null,
  })
}

function sendEmails(call: Call): Sent {
  const token = tokenOf(call)
  if (token === undefined) return undefined
  if (!hasScope(token, ['user:email', 'user']))
    return sendJson(call.response, 404, { message: 'Not Found' })
  return sendList(
    call,
    token.person.emails.map((email) => ({ ...email, visibility: email.primary ? 'public' : null })),
  )
}

function sendOrganizations(call: Call): Sent {
  const token = tokenOf(call)
  if (token === undefined) return undefined
  if (!hasScope(token, ['read:org', 'write:org', 'admin:org', 'user'])) return forbid(call)
  return sendList(
    call,
    token.person.organizations.map((login) => organizationOf(call.state, login)),
  )
}

function sendTeams(call: Call): Sent {
  const token = tokenOf(call)
  if (token === undefined) return undefined
  if (!hasScope(token, ['read:org', 'write:org', 'admin:org', 'user', 'repo'])) return forbid(call)
  return sendList(
    call,
    token.person.teams.map((name) => {
      const [login = '', slug = ''] = name.split('/')
      const organization = organizationOf(call.state, login)
      return { id: organizationOf(call.state, name).id, slug, name: slug, organization }
    }),
  )
}

function hasScope({ scopes }: Token, accepted: readonly string[]): boolean {
  return accepted.some((scope) => scopes.includes(scope))
}

function forbid({ response }: Call): Sent {
  return sendJson(response, 403, { message: 'You need at least read:org scope to list these.' })
}

function sendList({ state, response, url }: Call, entries: readonly object[]): Sent {
  const asked = Number(url.searchParams.get('per_page') ?? PAGE_SIZE_DEFAULT)
  const size = Math.min(asked, PAGE_SIZE_MAX)
  const page = Number(url.searchParams.get('page') ?? 1)
  const last = Math.max(1, Math.ceil(entries.length / size))
  const before = page > 1 ? [toLink('prev', page - 1)] : []
  const after = page < last ? [toLink('next', page + 1), toLink('last', last)] : []
  const links = [...before, ...after, ...(page > 1 ? [toLink('first', 1)] : [])]
  if (links.length > 0) response.setHeader('Link', links.join(', '))
  return sendJson(response, 200, entries.slice((page - 1) * size, page * size))

  function toLink(relation: string, number: number): string {
    return `<${state.url}${url.pathname}?per_page=${size}&page=${number}>; rel="${relation}"`
  }
}

function isRegistered({ callbackUrl }: State, redirectUri: string): boolean {
  if (callbackUrl === undefined) return URL.canParse(redirectUri)
  const [known, asked] = [new URL(callbackUrl), URL.parse(redirectUri)]
  if (asked?.origin !== known.origin) return false
  return asked.pathname === known.pathname || asked.pathname.startsWith(`${known.pathname}/`)
}

function scopesOf(params: URLSearchParams): string[] {
  return (params.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
}

function sendJson(response: ServerResponse, status: number, body: unknown): Sent {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  return response.end(JSON.stringify(body))
}

function sendPage(response: ServerResponse, body: string, status = 200): Sent {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' })
  return response.end(`<!doctype html><title>GitHub</title>${body}`)
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
