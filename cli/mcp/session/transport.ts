/** The way to an MCP server: Streamable HTTP with this account's token, renewed when the server refuses it. */

import {
  type AuthProvider,
  type FetchLike,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from '@modelcontextprotocol/client'
import { USER_AGENT } from '../http.ts'
import { needsLogin, type TokenSource } from '../oauth/tokens.ts'
import { LegacyTransport } from './legacy-transport.ts'

/** Without a time limit: what is asked for may take long, and streams stay open. */
const fetchPatiently: FetchLike = (url, init = {}) => {
  const headers = new Headers(init.headers)
  headers.set('user-agent', USER_AGENT)
  return fetch(url, { ...init, headers })
}

export interface TransportOptions {
  readonly reconnection?: NonNullable<StreamableHTTPClientTransportOptions['reconnectionOptions']>
  /** Logs in when there is no login, or none that is good any more. @throws where that cannot be. */
  readonly logIn?: (refused: string | undefined) => Promise<void>
  /** What the stream of a server of 2024-11-05 may take to open. */
  readonly openingMs?: number
}

export function createTransport(
  url: string,
  tokens: TokenSource,
  options: TransportOptions = {},
): StreamableHTTPClientTransport {
  const { reconnection } = options
  return new StreamableHTTPClientTransport(new URL(url), {
    ...(reconnection !== undefined && { reconnectionOptions: reconnection }),
    ...withTokens(url, tokens, options),
  })
}

/** The same to a server of 2024-11-05. */
export function createLegacyTransport(
  url: string,
  tokens: TokenSource,
  options: TransportOptions = {},
): LegacyTransport {
  const { logIn, openingMs } = options
  const timely: TransportOptions =
    logIn === undefined
      ? {}
      : { logIn: (refused) => transport.untimed(async () => await logIn(refused)) }
  const { fetch, authProvider } = withTokens(url, tokens, timely)
  const transport = new LegacyTransport(new URL(url), { fetch, authProvider }, openingMs)
  return transport
}

function withTokens(
  url: string,
  tokens: TokenSource,
  { logIn = () => Promise.reject(needsLogin(url)) }: TransportOptions,
) {
  /** With which token each answer was asked for: of several requests at once, each has its own. */
  const sentWith = new WeakMap<Response, string>()
  const fetchAndNote: FetchLike = async (address, init) => {
    const answer = await fetchPatiently(address, init)
    const [, token] =
      /^Bearer (.*)$/.exec(new Headers(init?.headers).get('authorization') ?? '') ?? []
    if (token !== undefined) sentWith.set(answer, token)
    return answer
  }
  const authProvider: AuthProvider = {
    token: () => tokens.current(),
    async onUnauthorized({ response }) {
      const refused = sentWith.get(response)
      if ((await tokens.replace(refused)) === undefined) await logIn(refused)
    },
  }
  // A larger scope needs a person, who is told.
  return { fetch: fetchAndNote, onInsufficientScope: 'throw' as const, authProvider }
}
