/** A whole login: one person, one client, from the authorize URL to the token answer. */

import type { HttpResponse, Send } from './http.ts'
import { createOAuthClient, type Fields, REDIRECT_URI, type Registered } from './oauth-client.ts'
import { createPerson } from './person.ts'

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  /** Empty when none was given. */
  readonly id_token: string
}

/** Empty texts where the answer has none. */
export function readTokens(answer: HttpResponse): Tokens {
  const body = answer.json()
  if (answer.status !== 200) throw new Error(`no tokens but ${answer.status}: ${answer.text}`)
  const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '')
  return {
    access_token: text('access_token'),
    refresh_token: text('refresh_token'),
    id_token: text('id_token'),
  }
}

export interface TokenSource {
  /** `changes` are those of the authorization request. */
  obtain(client: Registered, changes?: Fields): Promise<Tokens>
  /** What `obtain` sends last: for whoever wants to send it twice. */
  approve(client: Registered, changes?: Fields): Promise<Fields>
  refresh(client: Registered, refreshToken: string): Promise<HttpResponse>
}

/**
 * For the service `echo`, unless `changes` say another resource.
 * @param approved happens between approval and exchange.
 */
export function createTokenSource(
  send: Send,
  issuer: string,
  approved: () => Promise<void> = async () => {},
): TokenSource {
  const oauth = createOAuthClient(send, issuer)
  const approve = async (client: Registered, changes: Fields = {}): Promise<Fields> => {
    const attempt = oauth.begin(client.client_id, { resource: `${issuer}/echo/mcp`, ...changes })
    const redirect = await createPerson(send).authorize(attempt.url, { username: 'alice' })
    await approved()
    return {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      code_verifier: attempt.verifier,
      redirect_uri: REDIRECT_URI,
      ...credentialsOf(client),
    }
  }
  return {
    approve,
    obtain: async (client, changes) =>
      readTokens(await oauth.token(await approve(client, changes))),
    refresh: (client, refreshToken) =>
      oauth.token({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        ...credentialsOf(client),
      }),
  }
}

/** In the form, which every client may use that has a secret. */
export function credentialsOf({ client_id, client_secret }: Registered): Fields {
  return { client_id, ...(client_secret === undefined ? {} : { client_secret }) }
}
