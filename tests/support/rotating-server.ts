/** A token endpoint whose refresh tokens are good for one refresh, as strict servers have them. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Login } from '../../cli/mcp/store/login.ts'
import { openLoginStore } from '../../cli/mcp/store/login-store.ts'

export interface RotatingServer {
  readonly issuer: string
  /** Refreshes that were asked for, by refresh token. */
  readonly asked: readonly string[]
  /** How the next one is answered, instead of with tokens. */
  next: 'status 503' | 'invalid_grant' | 'never' | undefined
  stop(): Promise<void>
}

export async function startRotatingServer(): Promise<RotatingServer> {
  const asked: string[] = []
  let generation = 0
  const http = createServer(async (request, response) => {
    const body = new URLSearchParams((await request.setEncoding('utf8').toArray()).join(''))
    const presented = body.get('refresh_token') ?? ''
    asked.push(presented)
    const { next } = server
    server.next = undefined
    if (next === 'never') return
    response.setHeader('content-type', 'application/json')
    if (next === 'status 503') response.writeHead(503).end('{}')
    else if (next === 'invalid_grant' || presented !== `refresh-${generation}`) {
      response.writeHead(400).end(JSON.stringify({ error: 'invalid_grant' }))
    } else {
      generation += 1
      response.end(
        JSON.stringify({
          access_token: `access-${generation}`,
          refresh_token: `refresh-${generation}`,
          token_type: 'Bearer',
          expires_in: 3600,
        }),
      )
    }
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const server: RotatingServer = {
    issuer: `http://127.0.0.1:${port}`,
    asked,
    next: undefined,
    async stop() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
  return server
}

/** A login there whose access token has just ended. */
export async function writeExpiredLogin(
  home: string,
  url: string,
  issuer: string,
  changes: Partial<NonNullable<Login['tokens']>> = {},
): Promise<void> {
  const login: Login = {
    version: 1,
    url,
    resource: url,
    server: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
    },
    client: { client_id: 'c', token_endpoint_auth_method: 'none' },
    tokens: {
      access_token: 'access-0',
      refresh_token: 'refresh-0',
      token_type: 'Bearer',
      scope: 'mcp',
      obtained_at: Math.floor(Date.now() / 1000) - 3600,
      expires_in: 3600,
      ...changes,
    },
  }
  const store = openLoginStore({ HOME: home }, url)
  await store.exclusively(async (slot) => slot.write(login))
}
