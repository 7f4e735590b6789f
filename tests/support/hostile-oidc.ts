/**
 * An OpenID Connect provider that misbehaves on purpose: right in everything until a test changes one
 * thing. It has no pages; whoever arrives has logged in.
 */

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose'

type Json = Record<string, unknown>

export interface HostileOidc {
  readonly issuer: string
  readonly clientSecret: string
  /** Every secret it has given out or been given so far: none may be told to a log. */
  readonly secrets: readonly string[]
  /** Paths of requests, oldest first. */
  readonly asked: readonly string[]
  /** The last request to its token endpoint. */
  readonly tokenRequest: { headers: IncomingMessage['headers']; form: URLSearchParams }
  /** What it does differently until `behave`. */
  change(changes: Misbehaviour): void
  behave(): void
  /** A new signing key in place of the old one. */
  rotateKey(kid: string): Promise<void>
  /** As it signs ID tokens, its misbehaviour included. */
  sign(claims: Json): Promise<string>
  /** Where a browser that was sent to `url` comes back to. */
  authorize(url: URL): URL
  stop(): Promise<void>
}

export interface Misbehaviour {
  readonly metadata?: Json
  /** Claims that replace those of ID tokens; undefined takes one out. */
  readonly idToken?: Json
  readonly header?: Partial<JWTHeaderParameters>
  readonly signature?: 'none' | 'HS256' | 'foreign key'
  readonly tokens?: Json
  readonly userInfo?: Json
  /** Parameters of the way back; undefined takes one out. */
  readonly back?: Readonly<Record<string, string | undefined>>
  /** By path: answers in place of its own. */
  readonly answers?: Readonly<Record<string, RequestListener>>
}

const CLIENT_ID = 'gateway'

export async function startHostileOidc(clientSecret: string): Promise<HostileOidc> {
  const world = await createWorld(clientSecret)
  const server = createServer((request, response) => {
    void answer(world, request).then((body) => {
      const path = pathOf(request)
      world.asked.push(path)
      const own = world.misbehaviour.answers?.[path]
      if (own !== undefined) own(request, response)
      else if (body === undefined) response.writeHead(404).end()
      else {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  world.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...world,
    issuer: world.issuer,
    get tokenRequest() {
      return world.tokenRequest
    },
    change(changes) {
      world.misbehaviour = changes
    },
    behave() {
      world.misbehaviour = {}
    },
    async rotateKey(kid) {
      world.key = await createKey(kid)
    },
    sign: (claims) => sign(world, claims as JWTPayload),
    authorize: (url) => authorize(world, url),
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Key {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

interface World {
  issuer: string
  readonly clientSecret: string
  readonly secrets: string[]
  readonly asked: string[]
  /** By code: what the login began with. */
  readonly logins: Map<string, URLSearchParams>
  tokenRequest: HostileOidc['tokenRequest']
  misbehaviour: Misbehaviour
  key: Key
  readonly foreign: Key
}

async function createWorld(clientSecret: string): Promise<World> {
  return {
    issuer: '',
    clientSecret,
    secrets: [clientSecret],
    asked: [],
    logins: new Map(),
    tokenRequest: { headers: {}, form: new URLSearchParams() },
    misbehaviour: {},
    key: await createKey('one'),
    foreign: await createKey('one'),
  }
}

async function createKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return {
    kid,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[0] ?? ''
}

function draw(world: World, kind: string): string {
  const secret = `${kind}-${crypto.randomUUID()}`
  world.secrets.push(secret)
  return secret
}

function authorize(world: World, { searchParams }: URL): URL {
  const code = draw(world, 'code')
  world.secrets.push(searchParams.get('state') ?? '', searchParams.get('nonce') ?? '')
  world.logins.set(code, searchParams)
  const back = new URL(searchParams.get('redirect_uri') ?? '')
  const own = { code, state: searchParams.get('state') ?? '', iss: world.issuer }
  for (const [name, value] of Object.entries({ ...own, ...world.misbehaviour.back })) {
    if (value !== undefined) back.searchParams.set(name, value)
  }
  return back
}

async function answer(world: World, request: IncomingMessage): Promise<Json | undefined> {
  const { issuer, misbehaviour } = world
  switch (pathOf(request)) {
    case '/.well-known/openid-configuration':
      return { ...describe(issuer), ...misbehaviour.metadata }
    case '/keys':
      return { keys: [world.key.jwk] }
    case '/userinfo':
      return { sub: 'alice', email: 'alice@example.com', ...misbehaviour.userInfo }
    case '/token':
      return await giveTokens(world, request)
    default:
      return undefined
  }
}

function describe(issuer: string): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    scopes_supported: ['openid', 'offline_access'],
    id_token_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: true,
  }
}

async function giveTokens(world: World, request: IncomingMessage): Promise<Json | undefined> {
  const form = new URLSearchParams(await text(request))
  world.tokenRequest = { headers: request.headers, form }
  const verifier = form.get('code_verifier') ?? ''
  if (verifier !== '') world.secrets.push(verifier)
  const begun = world.logins.get(form.get('code') ?? '')
  const isRefresh = form.get('grant_type') === 'refresh_token'
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  if (!isRefresh && challenge !== begun?.get('code_challenge')) return undefined
  const idToken = await signIdToken(world, begun?.get('nonce'))
  world.secrets.push(idToken)
  return {
    access_token: draw(world, 'access'),
    refresh_token: draw(world, 'refresh'),
    token_type: 'Bearer',
    expires_in: 3600,
    id_token: idToken,
    ...world.misbehaviour.tokens,
  }
}

async function signIdToken(world: World, nonce: string | null | undefined): Promise<string> {
  const { misbehaviour, issuer } = world
  const now = Math.floor(Date.now() / 1000)
  return await sign(world, {
    iss: issuer,
    aud: CLIENT_ID,
    sub: 'alice',
    iat: now,
    exp: now + 60,
    ...(nonce == null ? {} : { nonce }),
    preferred_username: 'alice',
    email: 'alice@example.com',
    email_verified: true,
    groups: ['engineers'],
    ...misbehaviour.idToken,
  })
}

async function sign(world: World, claims: JWTPayload): Promise<string> {
  const { misbehaviour, key, foreign, clientSecret } = world
  if (misbehaviour.signature === 'none') return new UnsecuredJWT(claims).encode()
  if (misbehaviour.signature === 'HS256') {
    const header = { alg: 'HS256', ...misbehaviour.header }
    return await new SignJWT(claims)
      .setProtectedHeader(header)
      .sign(new TextEncoder().encode(clientSecret))
  }
  const { privateKey } = misbehaviour.signature === 'foreign key' ? foreign : key
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...misbehaviour.header })
    .sign(privateKey, { crit: { x: false } })
}
