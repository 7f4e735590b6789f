/** One person with one client: registers, logs in, refreshes and revokes, and tells the ledger what was acknowledged. */

import { setTimeout as sleep } from 'node:timers/promises'
import { form, type HttpResponse } from '../../support/http.ts'
import { createOAuthClient, type OAuthClient, type Registered } from '../../support/oauth-client.ts'
import { createPerson, type Person } from '../../support/person.ts'
import type { Answer } from '../ledger/exchanges.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Patient, sendTimed, untilDecided } from './patience.ts'

/** On the web: consent for it is remembered. */
const REDIRECT_URI = 'https://app.example/callback'

const FRESH_MS = 15_000

/** A code that has come and nobody has used. */
export interface Code {
  readonly fields: Readonly<Record<string, string>>
  readonly code: string
  /** When it had come: then its grant was made. */
  readonly at: number
}

/** A refresh token that was exchanged. */
export interface Spent {
  readonly token: string
  readonly grant: string
  readonly at: number
}

export interface Held extends Answer {
  readonly grantedAt: number
}

/** What has become of a login through no fault of anybody's: begin anew. */
export class LoginOver extends Error {}

export class Member {
  readonly name: string
  readonly issuer: string
  readonly ledger: Ledger
  /** Undefined until it has registered, and after its registration was deleted. */
  registered: Registered | undefined
  held: Held | undefined
  /** Refresh tokens that were exchanged, the latest last. */
  readonly spent: Spent[] = []
  readonly #client: OAuthClient
  /** Clients that were approved in the browser of now. */
  readonly #approved = new Set<string>()
  #person: Person

  constructor(name: string, issuer: string, ledger: Ledger) {
    this.name = name
    this.issuer = issuer
    this.ledger = ledger
    this.#client = createOAuthClient(sendTimed, issuer)
    this.#person = createPerson(sendTimed)
  }

  get clock(): () => number {
    return this.ledger.clock
  }

  get user(): string {
    return `dev:${this.name}`
  }

  async register(): Promise<Registered> {
    const body = {
      client_name: `Client of ${this.name}`,
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'client_secret_post',
    }
    const { answer } = await this.#untilDecided('/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (answer.status !== 201) throw new Error(`not registered: ${answer.status} ${answer.text}`)
    const registered = answer.json() as Registered
    this.registered = registered
    this.ledger.registered({
      clientId: registered.client_id,
      secret: String(registered.client_secret),
      managementToken: String(registered['registration_access_token']),
    })
    return registered
  }

  /** As a person does it: opens the page, approves, and comes back with a code. */
  async authorize(resource: string): Promise<Code> {
    const registered = this.registered ?? (await this.register())
    const { client_id: clientId } = registered
    const { url, verifier } = this.#client.begin(clientId, { resource, redirect_uri: REDIRECT_URI })
    const { answer } = await untilDecided(() => this.#approve(url), this.clock)
    const code = codeIn(answer)
    if (code === undefined) throw new Error(`no code but ${answer.status}: ${answer.text}`)
    this.#approved.add(clientId)
    this.ledger.consented({ person: this.name, clientId, redirectUri: REDIRECT_URI, resource })
    return {
      code,
      at: this.clock(),
      fields: {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: REDIRECT_URI,
        ...this.credentials(),
      },
    }
  }

  /** Begins again where an answer that cannot be repeated was lost: a code counts once. */
  async logIn(resource: string): Promise<Held> {
    const code = await this.authorize(resource)
    const { answer, attempts } = await this.token(code.fields)
    if (answer.status === 400) {
      // Between the authorization server and its store an answer may have been lost as well.
      this.ledger.count(attempts > 1 ? 'codes lost with their answer' : 'codes refused')
      throw new LoginOver(answer.text)
    }
    return this.keepCode(code, answer)
  }

  /** A request of the token endpoint, once. */
  exchange(fields: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<HttpResponse> {
    if (signal === undefined) return this.#client.token(fields)
    const sent = form(fields)
    const { method, headers, body } = sent
    return fetch(`${this.issuer}/token`, { method, headers, body, signal }).then(async (one) => {
      const text = await one.text()
      const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>
      return { status: one.status, headers: one.headers, text, json }
    })
  }

  token(fields: Readonly<Record<string, string>>): Promise<Patient> {
    return untilDecided(() => this.exchange(fields), this.clock)
  }

  /** What a good answer to a code is worth. */
  keepCode(code: Code, answer: HttpResponse): Held {
    const tokens = toTokens(answer)
    this.ledger.codeRedeemed(code.code, tokens)
    this.ledger.accessIssued(tokens.accessToken, code.at)
    this.held = { ...tokens, grantedAt: code.at }
    return this.held
  }

  refreshing(refreshToken: string): Readonly<Record<string, string>> {
    return { grant_type: 'refresh_token', refresh_token: refreshToken, ...this.credentials() }
  }

  /**
   * Exchanges the refresh token; on silence with the very same one, as clients do.
   * @param firstAt when it was sent first, where that was before.
   */
  async refresh(held: Held, firstAt = this.clock()): Promise<Held> {
    const { answer, sentAt } = await this.token(this.refreshing(held.refreshToken))
    if (answer.status === 400) return this.#refused(held, answer, firstAt)
    return this.keepRotation(held, answer, sentAt)
  }

  /** As clients do it: what is about to end is exchanged before it is used. */
  async keepFresh(): Promise<void> {
    const { held, ledger } = this
    const issued = held && ledger.issued.get(held.accessToken)
    if (held === undefined || issued === undefined) return
    if (issued.expiresAt - ledger.clock() < FRESH_MS) await this.refresh(held)
  }

  keepRotation(held: Held, answer: HttpResponse, sentAt: number): Held {
    const tokens = toTokens(answer)
    this.ledger.refreshed(held.refreshToken, tokens, sentAt)
    const { grant } = this.ledger.accessIssued(tokens.accessToken, held.grantedAt)
    this.spent.push({ token: held.refreshToken, grant, at: this.clock() })
    this.held = { ...tokens, grantedAt: held.grantedAt }
    return this.held
  }

  /** Nobody revoked it: then it may be gone only where the grace was over before the answer came. */
  #refused(held: Held, { text }: HttpResponse, firstAt: number): never {
    const { ledger } = this
    const isGood = ledger.grantStandingOf(held.accessToken, this.clock()) === 'good'
    if (isGood && ledger.exchanges.isWithinGrace(firstAt, this.clock())) {
      ledger.report('grant-lost', `${this.name}: a refresh met ${text}`)
    }
    ledger.count('grants that ended with the grace')
    this.held = undefined
    throw new LoginOver('the grant has ended')
  }

  /** Ends one access token, or with the refresh token the grant. */
  async revoke(held: Held, kind: 'token' | 'grant'): Promise<void> {
    const issued = this.ledger.issued.get(held.accessToken)
    if (issued === undefined) throw new Error('nobody issued it')
    const acknowledge = this.ledger.revoking(kind, issued[kind])
    const token = kind === 'token' ? held.accessToken : held.refreshToken
    const sent = form({ token, ...this.credentials() })
    const { answer } = await this.#untilDecided('/revoke', sent)
    if (answer.status !== 200) throw new Error(`not revoked: ${answer.status} ${answer.text}`)
    acknowledge()
    if (kind === 'grant') this.held = undefined
  }

  async deleteRegistration(): Promise<void> {
    const registered = this.registered
    if (registered === undefined) return
    const acknowledge = this.ledger.revoking('client', registered.client_id)
    this.registered = undefined
    this.held = undefined
    const { answer, attempts } = await this.#untilDecided(`/register/${registered.client_id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${String(registered['registration_access_token'])}` },
    })
    // Whoever repeats it learns that it was done before.
    const isDone = answer.status === 204 || (answer.status === 401 && attempts > 1)
    if (!isDone) this.ledger.report('registration-lost', `DELETE met ${answer.status}`)
    acknowledge()
  }

  /** Whether the person is let through without a question, as a remembered consent has it. */
  async isRemembered(clientId: string, resource: string): Promise<boolean> {
    const changes = { resource, redirect_uri: REDIRECT_URI, prompt: 'none' }
    const { url } = this.#client.begin(clientId, changes)
    const open = async (): Promise<HttpResponse> => (await this.#person.open(url)).response
    return codeIn((await untilDecided(open, this.clock)).answer) !== undefined
  }

  /** Whether it was in the browser of now that the person approved this client. */
  hasApproved(clientId: string): boolean {
    return this.#approved.has(clientId)
  }

  /** Signed out everywhere: another browser. */
  forgetBrowser(): void {
    this.#person = createPerson(sendTimed)
    this.#approved.clear()
    this.held = undefined
  }

  credentials(): Readonly<Record<string, string>> {
    const { client_id = '', client_secret = '' } = this.registered ?? {}
    return { client_id, client_secret }
  }

  async #approve(url: string): Promise<HttpResponse> {
    const page = await this.#person.open(url)
    if (page.response.status !== 200) return page.response
    return await this.#person.submit(page, { username: this.name })
  }

  #untilDecided(path: string, request: Omit<Parameters<typeof sendTimed>[0], 'url'>) {
    return untilDecided(() => sendTimed({ ...request, url: `${this.issuer}${path}` }), this.clock)
  }
}

/** Loses its patience now and then, as people do; the answer may have been given nevertheless. */
export async function cutShort<Answered>(
  ask: (signal: AbortSignal) => Promise<Answered>,
  afterMs: number,
): Promise<Answered | undefined> {
  const leaving = new AbortController()
  const asking = ask(leaving.signal).catch(() => undefined)
  await Promise.race([asking, sleep(afterMs)])
  leaving.abort()
  return await asking
}

export function toTokens(answer: HttpResponse): Answer {
  if (answer.status !== 200) throw new Error(`no tokens but ${answer.status}: ${answer.text}`)
  const { access_token, refresh_token } = answer.json()
  return { accessToken: String(access_token), refreshToken: String(refresh_token) }
}

function codeIn(answer: HttpResponse): string | undefined {
  const location = answer.headers.get('location')
  if (location === null || !location.startsWith(REDIRECT_URI)) return undefined
  return new URL(location).searchParams.get('code') ?? undefined
}
