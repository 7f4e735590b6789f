/** The way to an MCP server: Streamable HTTP with this account's token, renewed when the server refuses it. */

import {
  type FetchLike,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from '@modelcontextprotocol/client'
import { USER_AGENT } from '../http.ts'
import { needsLogin, type TokenSource } from '../oauth/tokens.ts'

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
}

export function createTransport(
  url: string,
  tokens: TokenSource,
  { reconnection, logIn = () => Promise.reject(needsLogin(url)) }: TransportOptions = {},
): StreamableHTTPClientTransport {
  /** The one that went out last: what a 401 is about. */
  let sent: string | undefined
  return new StreamableHTTPClientTransport(new URL(url), {
    ...(reconnection !== undefined && { reconnectionOptions: reconnection }),
    fetch: fetchPatiently,
    // A larger scope needs a person, who is told.
    onInsufficientScope: 'throw',
    authProvider: {
      async token() {
        sent = await tokens.current()
        return sent
      },
      async onUnauthorized() {
        const refused = sent
        if ((await tokens.replace(refused)) === undefined) await logIn(refused)
      },
    },
  })
}
