/** Ours and the peer behind one interface, and what of their answers is compared. */

import type { ExecutionContext } from 'ava'
import { form, type HttpRequest, type HttpResponse, type Send, sendOverNetwork } from './http.ts'
import { createOAuthClient, type Fields, REDIRECT_URI, type Registered } from './oauth-client.ts'
import type { OAuthServer } from './oauth-server.ts'
import type { Peer } from './peer.ts'
import { createPerson } from './person.ts'

export interface Side {
  readonly name: 'ours' | 'theirs'
  readonly issuer: string
  readonly send: Send
  readonly plain: Registered
  readonly other: Registered
  readonly confidential: Registered
  /** A good authorization request of `plain`. */
  authorize(changes?: Fields): HttpRequest
  /** A good code exchange of `plain`. */
  getCode(): Promise<Fields>
  login(): Promise<Readonly<Record<string, unknown>>>
}

export async function toOurSide({ issuer, send }: OAuthServer): Promise<Side> {
  const approve = (url: string) => createPerson(send).authorize(url, { username: 'alice' })
  return await toSide('ours', issuer, send, approve)
}

export async function toTheirSide({ issuer, authorize }: Peer): Promise<Side> {
  return await toSide('theirs', issuer, sendOverNetwork, authorize)
}

async function toSide(
  name: Side['name'],
  issuer: string,
  send: Send,
  approve: (url: string) => Promise<URL>,
): Promise<Side> {
  const client = createOAuthClient(send, issuer)
  const plain = await client.register()
  const granted = { resource: `${issuer}/echo/mcp`, scope: 'mcp' }
  const getCode = async (): Promise<Fields> => {
    const { url, verifier } = client.begin(plain.client_id, granted)
    const redirect = await approve(url)
    return {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      client_id: plain.client_id,
    }
  }
  return {
    name,
    issuer,
    send,
    plain,
    other: await client.register(),
    confidential: await client.register({ token_endpoint_auth_method: 'client_secret_basic' }),
    authorize: (changes = {}) => ({
      url: client.begin(plain.client_id, { ...granted, ...changes }).url,
    }),
    getCode,
    async login() {
      const answer = await client.token(await getCode())
      if (answer.status !== 200) throw new Error(`${name}: ${answer.text}`)
      return answer.json()
    },
  }
}

/** The form without what is `undefined`. */
export function post(
  { issuer }: Side,
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
  headers: Fields = {},
): HttpRequest {
  const present = Object.entries(fields).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const sent = form(Object.fromEntries(present))
  return { ...sent, url: issuer + path, headers: { ...sent.headers, ...headers } }
}

/** What must not differ without a reason. */
export interface Summary {
  readonly status: string
  readonly error: string
  /** The media type, or what a redirect to the client carries. */
  readonly answer: string
  readonly cache: string
  readonly challenge: string
}

function summarize({ status, headers, text }: HttpResponse): Summary {
  const common = {
    cache: headers.get('cache-control')?.includes('no-store') ? 'no-store' : 'storable',
    challenge: (headers.get('www-authenticate') ?? 'none').split(' ')[0] ?? '',
  }
  const location = headers.get('location') ?? ''
  if (location.startsWith(REDIRECT_URI)) {
    const { searchParams, hash } = new URL(location)
    const names = ['iss', 'state', 'code'].filter((name) => searchParams.has(name))
    return {
      ...common,
      status: String(status),
      error: searchParams.get('error') ?? 'none',
      answer: hash === '' ? `redirect ${names.join(' ')}` : 'redirect by fragment',
    }
  }
  const type = (headers.get('content-type') ?? 'none').split(';')[0] ?? ''
  const body = type === 'application/json' ? (JSON.parse(text) as { error?: string }) : {}
  return { ...common, status: String(status), error: body.error ?? 'none', answer: type }
}

/** Field to what ours and theirs are, when they differ. */
export type Differences = Partial<Readonly<Record<keyof Summary, readonly [string, string]>>>

export interface Row {
  readonly name: string
  readonly ask: (side: Side) => HttpRequest | Promise<HttpRequest>
  /** Where ours differs on purpose. */
  readonly differs?: Differences
  /** The rule that says so. */
  readonly because?: string
}

export async function compare(t: ExecutionContext, [ours, theirs]: [Side, Side], row: Row) {
  const [left, right] = await Promise.all(
    [ours, theirs].map(async (side) => summarize(await side.send(await row.ask(side)))),
  )
  if (left === undefined || right === undefined) throw new Error('no answer')
  const found = (Object.keys(left) as (keyof Summary)[])
    .filter((field) => left[field] !== right[field])
    .map((field) => [field, [left[field], right[field]]])
  t.deepEqual(Object.fromEntries(found), row.differs ?? {}, row.name)
  t.is(row.differs === undefined, row.because === undefined, `${row.name}: a reason for each`)
}
