/**
 * The official SDK's client with a person behind it: discovery, registration, PKCE, login and refresh
 * are the SDK's own; the person only answers the page.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type OAuthClientProvider,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import type { FetchLike } from './socket-fetch.ts'
import type { Visitor } from './visitor.ts'

const REDIRECT = 'http://localhost:33333/callback'

/** Keeps what a client keeps, in memory, open to the test's eyes. */
export class MemoryProvider implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT
  readonly clientMetadata = {
    client_name: 'SDK test client',
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  }
  client: OAuthClientInformationMixed | undefined
  saved: OAuthTokens | undefined
  authorizationUrl: URL | undefined
  #verifier = ''

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.client
  }
  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.client = client
  }
  tokens(): OAuthTokens | undefined {
    return this.saved
  }
  saveTokens(tokens: OAuthTokens): void {
    this.saved = tokens
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  codeVerifier(): string {
    return this.#verifier
  }
}

export interface Connection {
  readonly client: Client
  readonly provider: MemoryProvider
  readonly transport: StreamableHTTPClientTransport
  close(): Promise<void>
}

export interface ConnectOptions {
  /** A provider that has logged in before. */
  readonly provider?: MemoryProvider
  /** Sent with every request, as a caller might try. */
  readonly headers?: Readonly<Record<string, string>>
  /** How requests travel. */
  readonly fetch?: FetchLike
  readonly prepare?: (client: Client) => void
}

/** Connects to an MCP endpoint, logging in when the gateway asks for it. */
export async function connect(
  endpoint: string,
  person: Pick<Visitor, 'approve'>,
  options: ConnectOptions = {},
): Promise<Connection> {
  const provider = options.provider ?? new MemoryProvider()
  const attempt = async (): Promise<Connection> => {
    const client = new Client(
      { name: 'e2e', version: '1' },
      { capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } } },
    )
    options.prepare?.(client)
    const transport = makeTransport()
    await client.connect(transport)
    return { client, provider, transport, close: () => client.close() }
  }
  const makeTransport = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(endpoint), {
      authProvider: provider,
      fetch: patient(options.fetch ?? fetch),
      ...(options.headers === undefined
        ? {}
        : { requestInit: { headers: { ...options.headers } } }),
    })
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || provider.authorizationUrl === undefined)
      throw error
    const answer = await person.approve(provider.authorizationUrl)
    await makeTransport().finishAuth(answer.searchParams.get('code') ?? '')
    return await attempt()
  }
}

const TRIES_MAX = 3

/** Does what a 503 with Retry-After says: on a busy machine the store may be late for a moment. */
export function patient(send: FetchLike, triesMax = TRIES_MAX): FetchLike {
  return async (url, init) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await send(url, init)
      const seconds = Number(answer.headers.get('retry-after'))
      if (answer.status !== 503 || !(seconds > 0) || attempt === triesMax) return answer
      await answer.body?.cancel()
      await sleep(seconds * 1000)
    }
  }
}

/** The text of a tool's answer. */
export async function callText(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const result = await client.callTool({ name, arguments: args })
  const content = result.content as { type: string; text?: string }[]
  return content.map(({ text }) => text ?? '').join('\n')
}
