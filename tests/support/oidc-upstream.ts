/**
 * An OpenID Connect provider for people to log in with: `oidc-provider` as it comes, on a loopback
 * port, with its own pages. Who its people are can be changed while it runs; it can go down and come
 * back on the same port.
 */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { sendOverNetwork } from './http.ts'
import { loadQuietly } from './peer.ts'
import { createPerson, type Page, type Person } from './person.ts'

/** What the provider tells about somebody, beside `sub`, which is their login. */
export type UpstreamClaims = Readonly<Record<string, unknown>>

export interface OidcUpstream {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** By login; whoever is taken out is unknown from then on. */
  readonly people: Map<string, UpstreamClaims>
  /** Method and path of every request, oldest first. */
  readonly asked: readonly string[]
  /**
   * Goes through its pages from the address that a browser was sent to, as a person who approves.
   * @returns where the provider sends the browser back to.
   */
  logIn(url: string, login: string, person?: Person): Promise<URL>
  /** As `logIn`, but the person says no. */
  cancel(url: string): Promise<URL>
  /** Everybody's refresh and access tokens end. */
  forgetTokens(): void
  /** Nothing listens any more; `start` undoes it. */
  goDown(): Promise<void>
  comeBack(): Promise<void>
  stop(): Promise<void>
}

export interface OidcUpstreamOptions {
  /** `<issuer>/callback/<provider>` of the gateways that use it. */
  readonly redirectUris: readonly string[]
  readonly people?: Readonly<Record<string, UpstreamClaims>>
  /** `none` is a client without a secret. */
  readonly authentication?: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** Settings of `oidc-provider` that replace those of here. */
  readonly settings?: Readonly<Record<string, unknown>>
}

const CLIENT_ID = 'gateway'
const CLIENT_SECRET = 'the-secret-of-a-gateway-of-the-tests'
const STEPS_MAX = 12

/** Two people with everything a provider may tell. */
export const UPSTREAM_PEOPLE: Readonly<Record<string, UpstreamClaims>> = {
  alice: {
    name: 'Alice Liddell',
    preferred_username: 'alice.l',
    email: 'Alice@Example.com',
    email_verified: true,
    groups: ['engineers', 'everyone'],
  },
  bob: {
    name: 'Bob',
    preferred_username: 'bob',
    email: 'bob@example.net',
    email_verified: false,
    groups: ['everyone'],
  },
}

export async function startOidcUpstream(options: OidcUpstreamOptions): Promise<OidcUpstream> {
  const people = new Map(Object.entries(options.people ?? UPSTREAM_PEOPLE))
  const asked: string[] = []
  let server = createServer()
  const port = await listen(server, 0)
  const issuer = `http://127.0.0.1:${port}`
  const { Provider, restoreConsole } = await loadQuietly()
  const store = new Map<string, Map<string, object>>()
  const settings = { ...(await settingsOf(options, people)), adapter: adapterOn(store) }
  const answer = new Provider(issuer, { ...settings, ...options.settings }).callback()
  const serve = (): void => {
    server.on('request', (request, response) => {
      asked.push(`${request.method} ${request.url?.split('?')[0]}`)
      answer(request, response)
    })
  }
  serve()
  const goDown = (): Promise<void> => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  return {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    people,
    asked,
    logIn: walk,
    cancel,
    forgetTokens() {
      for (const kind of ['RefreshToken', 'AccessToken', 'Grant']) store.delete(kind)
    },
    goDown,
    async comeBack() {
      server = createServer()
      serve()
      await listen(server, port)
    },
    async stop() {
      restoreConsole()
      if (server.listening) await goDown()
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve) =>
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
}

async function settingsOf(
  { redirectUris, authentication = 'client_secret_basic' }: OidcUpstreamOptions,
  people: ReadonlyMap<string, UpstreamClaims>,
): Promise<Record<string, unknown>> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        ...(authentication === 'none' ? {} : { client_secret: CLIENT_SECRET }),
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: authentication,
      },
    ],
    clientAuthMethods: [authentication],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }] },
    cookies: { keys: ['a cookie key of the tests'] },
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    findAccount: (_ctx: unknown, id: string) => {
      if (!people.has(id)) return undefined
      return { accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }
    },
  }
}

/** Through its pages, as a browser would, until it sends the browser elsewhere. */
async function walk(
  url: string,
  login: string,
  person: Person = createPerson(sendOverNetwork),
): Promise<URL> {
  const { origin } = new URL(url)
  let page = await person.open(url)
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = locationOf(page, origin)
    if (next !== undefined) {
      if (next.origin !== origin) return next
      page = await person.open(next.href)
      continue
    }
    const fields = { ...page.fields, login, password: 'x' }
    page = { ...page, response: await person.submit({ ...page, fields }, {}) }
  }
  throw new Error(`no redirect but ${page.response.status}: ${page.response.text}`)
}

async function cancel(url: string): Promise<URL> {
  const { origin } = new URL(url)
  const person = createPerson(sendOverNetwork)
  let page = await person.open(url)
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = locationOf(page, origin) ?? new URL(`${page.action}/abort`)
    if (next.origin !== origin) return next
    page = await person.open(next.href)
  }
  throw new Error(`no redirect but ${page.response.status}: ${page.response.text}`)
}

function locationOf({ response }: Page, origin: string): URL | undefined {
  const location = response.headers.get('location')
  return location === null ? undefined : new URL(location, origin)
}

/** Its own store in memory cannot be made to forget; this one can. */
function adapterOn(store: Map<string, Map<string, object>>): unknown {
  return class {
    readonly #kind: string

    constructor(kind: string) {
      this.#kind = kind
    }

    get #records(): Map<string, object> {
      const records = store.get(this.#kind) ?? new Map<string, object>()
      store.set(this.#kind, records)
      return records
    }

    async upsert(id: string, payload: object): Promise<void> {
      this.#records.set(id, payload)
    }

    async find(id: string): Promise<unknown> {
      return this.#records.get(id)
    }

    async findByUid(uid: string): Promise<unknown> {
      return [...this.#records.values()].find((record) => (record as { uid?: string }).uid === uid)
    }

    async consume(id: string): Promise<void> {
      const record = this.#records.get(id)
      if (record !== undefined) Object.assign(record, { consumed: Math.floor(Date.now() / 1000) })
    }

    async destroy(id: string): Promise<void> {
      this.#records.delete(id)
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [id, record] of this.#records) {
        if ((record as { grantId?: string }).grantId === grantId) this.#records.delete(id)
      }
    }
  }
}
