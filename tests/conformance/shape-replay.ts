/** Plays a client's shape against a whole gateway: each request as that client sends it, and nothing beside it. */

import { createHash, randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { decodeJwt } from 'jose'
import { knock } from '../support/gateway-logins.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import type { Fields } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import type { ClientShape, ResourceWord } from './client-shapes.ts'

export type Body = Readonly<Record<string, unknown>>

export interface Registered {
  readonly id: string
  readonly secret: string | undefined
  readonly body: Body
}

export interface Attempt {
  readonly url: string
  readonly verifier: string
}

export interface Login {
  readonly held: Registered
  readonly tokens: Body
  readonly metadata: Body
}

const PRM = '/.well-known/oauth-protected-resource/echo/mcp'

/** The service is `echo`. */
export class ShapeReplay {
  readonly resource: string
  readonly #issuer: string
  readonly #port: number
  readonly #resources: Readonly<Record<ResourceWord, Fields>>

  constructor({ url, port }: { readonly url: string; readonly port: number }) {
    this.#issuer = url
    this.#port = port
    this.resource = `${url}/echo/mcp`
    this.#resources = { R: { resource: this.resource }, O: { resource: url }, none: {} }
  }

  ask(method: string, path: string, headers: Fields, body?: string): Promise<RawAnswer> {
    return rawRequest({
      port: this.#port,
      method,
      path,
      headers: Object.entries(headers).flat(),
      ...(body === undefined ? {} : { body }),
    })
  }

  async discover(t: ExecutionContext, { name, discovery }: ClientShape): Promise<Body> {
    const resource = parse(t, await this.ask('GET', PRM, discovery), 200, name)
    t.is(resource['resource'], this.resource)
    t.deepEqual(resource['authorization_servers'], [this.#issuer])
    const metadata = '/.well-known/oauth-authorization-server'
    const server = parse(t, await this.ask('GET', metadata, discovery), 200, name)
    t.is(server['issuer'], this.#issuer)
    t.deepEqual(server['response_modes_supported'], ['query'])
    return server
  }

  async register(t: ExecutionContext, shape: ClientShape, metadata: Body): Promise<Registered> {
    const { name, registration, discovery, authentication } = shape
    const { scope } = registration as { scope?: string }
    const sent =
      scope === undefined ? registration : { ...registration, scope: scopeOf(scope, metadata) }
    const headers = { 'Content-Type': 'application/json', ...originOf(discovery) }
    const answer = await this.ask('POST', '/register', headers, JSON.stringify(sent))
    const body = parse(t, answer, 201, name)
    t.is(body['token_endpoint_auth_method'], authentication, name)
    const { grant_types: asked = [] } = registration as { grant_types?: readonly string[] }
    t.deepEqual(
      (body['grant_types'] as string[]).filter((type) => !isKnown(type) && !asked.includes(type)),
      [],
      'Python up to 1.12 knows no other',
    )
    const { client_id: id, client_secret: secret } = body as {
      client_id: string
      client_secret?: string
    }
    t.is(secret === undefined, authentication === 'none', name)
    return { id, secret, body }
  }

  begin(shape: ClientShape, { id }: Pick<Registered, 'id'>, metadata: Body): Attempt {
    const verifier = randomBytes(32).toString('base64url')
    const params = {
      response_type: 'code',
      client_id: id,
      redirect_uri: shape.redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: shape.state ?? '',
      scope: scopeOf(shape.scope, metadata),
      prompt: shape.prompt ?? '',
      ...this.#resources[shape.resource[0]],
    }
    const sent = Object.entries(params).filter(([, value]) => value !== '')
    return { url: `${this.#issuer}/authorize?${new URLSearchParams(sent)}`, verifier }
  }

  /** The person approves, and chooses echo where there is a choice. */
  async approve(t: ExecutionContext, shape: ClientShape, { url }: Attempt): Promise<string> {
    const username = shape.name.replaceAll(/[^\w.]/g, '-')
    const redirect = await createPerson(send).authorize(url, { username, service: 'echo' })
    t.true(redirect.href.startsWith(`${shape.redirectUri}?`), shape.name)
    t.is(redirect.searchParams.get('state'), shape.state === '' ? null : (shape.state ?? null))
    t.is(redirect.searchParams.get('iss'), this.#issuer)
    return redirect.searchParams.get('code') ?? ''
  }

  exchange(
    shape: ClientShape,
    held: Registered,
    code: string,
    { verifier }: Attempt,
  ): Promise<RawAnswer> {
    return this.#askToken(shape, held, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: shape.redirectUri,
      ...this.#resources[shape.resource[1]],
    })
  }

  refresh(shape: ClientShape, held: Registered, tokens: Body): Promise<RawAnswer> {
    return this.#askToken(shape, held, {
      grant_type: 'refresh_token',
      refresh_token: String(tokens['refresh_token']),
      ...(shape.refreshScope === undefined ? {} : { scope: shape.refreshScope }),
      ...this.#resources[shape.resource[2]],
    })
  }

  async isGood(t: ExecutionContext, { name }: ClientShape, tokens: Body): Promise<void> {
    t.is(String(tokens['token_type']).toLowerCase(), 'bearer', name)
    t.is(typeof tokens['expires_in'], 'number', name)
    t.is(decodeJwt(String(tokens['access_token'])).aud, this.resource, name)
    t.is((await knock(this.resource, tokens['access_token'])).status, 200, name)
  }

  async login(t: ExecutionContext, shape: ClientShape): Promise<Login> {
    const metadata = await this.discover(t, shape)
    const held = await this.register(t, shape, metadata)
    return await this.loginAs(t, shape, held, metadata)
  }

  /** As a client that is known already, or names itself by the address of its document. */
  async loginAs(
    t: ExecutionContext,
    shape: ClientShape,
    held: Registered,
    metadata: Body,
  ): Promise<Login> {
    const attempt = this.begin(shape, held, metadata)
    const code = await this.approve(t, shape, attempt)
    const tokens = parse(t, await this.exchange(shape, held, code, attempt), 200, shape.name)
    await this.isGood(t, shape, tokens)
    return { held, tokens, metadata }
  }

  /** Refreshes twice, as a client that stays does; resolves with the last tokens. */
  async goOn(t: ExecutionContext, shape: ClientShape, { held, tokens }: Login): Promise<Body> {
    let last = tokens
    for (let turn = 0; turn < 2; turn += 1) {
      const next = parse(t, await this.refresh(shape, held, last), 200, shape.name)
      t.not(next['refresh_token'], last['refresh_token'], shape.name)
      t.is(next['scope'], tokens['scope'], shape.name)
      await this.isGood(t, shape, next)
      last = next
    }
    return last
  }

  #askToken(
    { authentication, discovery }: ClientShape,
    { id, secret = '' }: Registered,
    fields: Fields,
  ): Promise<RawAnswer> {
    const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)
    const byForm =
      authentication === 'none' ? { client_id: id } : { client_id: id, client_secret: secret }
    const isBasic = authentication === 'client_secret_basic'
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(isBasic ? { Authorization: `Basic ${basic.toString('base64')}` } : {}),
      ...originOf(discovery),
    }
    const body = new URLSearchParams({ ...fields, ...(isBasic ? {} : byForm) })
    return this.ask('POST', '/token', headers, String(body))
  }
}

/** The body of an answer that must be this one. */
export function parse(t: ExecutionContext, answer: RawAnswer, status: number, name: string): Body {
  t.is(answer.status, status, `${name}: ${answer.body}`)
  t.regex(String(answer.headers['content-type']), /^application\/json/, name)
  t.notRegex(answer.body, /:null[,}]/, `${name}: a null breaks parsers`)
  return JSON.parse(answer.body) as Body
}

function isKnown(grantType: string): boolean {
  return /^(authorization_code|refresh_token)$/.test(grantType)
}

/** The scope a client makes of what the metadata lists. */
function scopeOf(scope: string | undefined, metadata: Body): string {
  return scope === '*' ? (metadata['scopes_supported'] as string[]).join(' ') : (scope ?? '')
}

/** Of a client in a web page. */
function originOf({ Origin: origin }: { readonly Origin?: string }): Fields {
  return origin === undefined ? {} : { Origin: origin }
}
