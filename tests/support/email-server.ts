/** An authorization server with a provider that tells addresses, and people whose addresses are known. */

import { redisUsers } from '../../oauth-server/store/users.ts'
import { type OAuthServer, startOAuthServer } from './oauth-server.ts'
import { createTokenSource, type TokenSource } from './obtain-tokens.ts'

export interface EmailServer extends OAuthServer {
  /** Of `dev:alice`, who has the addresses of `know` when she gets her tokens. */
  readonly source: TokenSource
  know(emails: readonly string[]): void
}

const CONFIGURATION = `
providers:
  dev: {}
  corp: { issuer: "http://127.0.0.1:1", client_id: gateway }
access: { users: ["*"] }
`

export async function startEmailServer(): Promise<EmailServer> {
  const server = await startOAuthServer({ configuration: CONFIGURATION })
  const users = redisUsers(await server.valkey.connect())
  let known: readonly string[] = ['alice@example.com']
  return {
    ...server,
    know(emails) {
      known = emails
    },
    // As if her provider had told them when she logged in.
    source: createTokenSource(server.send, server.issuer, async () => {
      const user = await users.find('dev:alice')
      if (user !== undefined) await users.record({ ...user, emails: known })
    }),
  }
}
