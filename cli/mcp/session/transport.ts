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

export function createTransport(
  url: string,
  tokens: TokenSource,
  options: Pick<StreamableHTTPClientTransportOptions, 'reconnectionOptions'> = {},
): StreamableHTTPClientTransport {
  /** The one that went out last: what a 401 is about. */
  let sent: string | undefined
  return new StreamableHTTPClientTransport(new URL(url), {
    ...options,
    fetch: fetchPatiently,
    // A larger scope needs a person, who is told.
    onInsufficientScope: 'throw',
    authProvider: {
      async token() {
        sent = await tokens.current()
        return sent
      },
      async onUnauthorized() {
        if ((await tokens.replace(sent)) === undefined) throw needsLogin(url)
      },
    },
  })
}
