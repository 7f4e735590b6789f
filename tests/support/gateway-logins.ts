/** Logins at a whole gateway in plain requests, and what their tokens open at its edge. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendOverNetwork as send } from './http.ts'
import { callService, type EdgeAnswer } from './mcp-call.ts'
import {
  createOAuthClient,
  type Fields,
  type OAuthClient,
  type Registered,
} from './oauth-client.ts'
import { createPerson } from './person.ts'

export type Tokens = Readonly<Record<string, unknown>>

export interface GatewayLogins {
  readonly client: OAuthClient
  /** The resource that logins are for. */
  readonly echo: string
  /** A good code exchange that waits to be sent; `changes` are those of the authorization request. */
  getCode(registered: Registered, changes?: Fields): Promise<Fields>
  login(registered: Registered, changes?: Fields): Promise<Tokens>
  /** The form of a good refresh. */
  refreshing(registered: Registered, tokens: Tokens, changes?: Fields): Fields
  /** The status that an MCP request with this access token meets. */
  call(tokens: Tokens): Promise<number>
}

/** Without a name each login is another person's: the sessions of one are bounded. */
export function createGatewayLogins(issuer: string, name?: string): GatewayLogins {
  const client = createOAuthClient(send, issuer)
  const echo = `${issuer}/echo/mcp`
  const getCode: GatewayLogins['getCode'] = async (registered, changes = {}) => {
    const { url, verifier } = client.begin(registered.client_id, { resource: echo, ...changes })
    const username = name ?? `person-${randomUUID()}`
    const redirect = await createPerson(send).authorize(url, { username })
    return {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: new URL(url).searchParams.get('redirect_uri') ?? '',
      ...credentials(registered),
    }
  }
  return {
    client,
    echo,
    getCode,
    async login(registered, changes) {
      const answer = await client.token(await getCode(registered, changes))
      if (answer.status !== 200) throw new Error(`no tokens but ${answer.status}: ${answer.text}`)
      return answer.json()
    },
    refreshing: (registered, tokens, changes = {}) => ({
      grant_type: 'refresh_token',
      refresh_token: String(tokens['refresh_token']),
      ...credentials(registered),
      ...changes,
    }),
    call: async (tokens) => (await knock(echo, tokens['access_token'])).status,
  }
}

const TRIES_MAX = 4

/** What an MCP request meets at the edge. On a busy machine it may be told to come again: 503 decides nothing. */
export async function knock(endpoint: string, token: unknown): Promise<EdgeAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await callService(endpoint, String(token))
    if (answer.status !== 503 || attempt === TRIES_MAX) return answer
    await sleep(1000)
  }
}

function credentials({ client_id, client_secret }: Registered): Fields {
  return { client_id, ...(client_secret === undefined ? {} : { client_secret }) }
}
