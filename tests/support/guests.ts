/** People who log in at an authorization server in whatever way, and what is left of it later. */

import { setTimeout as sleep } from 'node:timers/promises'
import { form, type HttpResponse, type Send } from './http.ts'
import { createOAuthClient, REDIRECT_URI, type Registered } from './oauth-client.ts'
import { credentialsOf, readTokens, type Tokens } from './obtain-tokens.ts'
import { createPerson, type Person } from './person.ts'

export interface Guest {
  readonly person: Person
  /** The latest. */
  tokens: Tokens
}

/** How a person says who they are. */
export interface Entrance {
  /** At the dev provider. */
  readonly username?: string
  readonly provider?: string
  /** From where the gateway sent them, to where the provider sends them back. */
  readonly through?: (departure: string) => Promise<string>
  readonly service?: string
  /** Who comes once more. */
  readonly person?: Person
}

export interface Guests {
  readonly client: Registered
  /** Where their client is called in the end. */
  knock(entrance: Entrance): Promise<URL>
  logIn(entrance: Entrance): Promise<Guest>
  /** The guest has the new tokens, if there are any. */
  refresh(guest: Guest): Promise<HttpResponse>
  /** Whether the access token is worth anything, as its introspection tells. */
  isActive(guest: Guest): Promise<boolean>
  isSignedIn(guest: Guest): Promise<boolean>
}

interface Place {
  readonly send: Send
  readonly issuer: string
}

export async function createGuests({ send, issuer }: Place): Promise<Guests> {
  const oauth = createOAuthClient(send, issuer)
  const client = await oauth.register({ token_endpoint_auth_method: 'client_secret_post' })
  const credentials = credentialsOf(client)
  const enter = async ({ service = 'echo', person = createPerson(send), ...way }: Entrance) => {
    const attempt = oauth.begin(client.client_id, { resource: `${issuer}/${service}/mcp` })
    const page = await person.open(attempt.url)
    const { username, provider, through } = way
    let response = await person.submit(page, { username, provider })
    if (through !== undefined) {
      ;({ response } = await person.open(await through(locationOf(response))))
    }
    return { attempt, person, called: new URL(locationOf(response)) }
  }
  return {
    client,
    knock: async (entrance) => (await enter(entrance)).called,
    async logIn(entrance) {
      const { attempt, person, called } = await enter(entrance)
      const code = called.searchParams.get('code')
      if (code === null) throw new Error(`no code but ${called.searchParams}`)
      const answer = await oauth.token({
        grant_type: 'authorization_code',
        code,
        code_verifier: attempt.verifier,
        redirect_uri: REDIRECT_URI,
        ...credentials,
      })
      return { person, tokens: readTokens(answer) }
    },
    async refresh(guest) {
      const { refresh_token } = guest.tokens
      const answer = await oauth.token({
        grant_type: 'refresh_token',
        refresh_token,
        ...credentials,
      })
      if (answer.status === 200) guest.tokens = readTokens(answer)
      return answer
    },
    async isActive({ tokens }) {
      const sent = form({ token: tokens.access_token, ...credentials })
      return (await send({ ...sent, url: `${issuer}/introspect` })).json()['active'] === true
    },
    isSignedIn: async ({ person }) =>
      (await person.open(`${issuer}/account`)).response.status === 200,
  }
}

function locationOf({ headers, status, text }: HttpResponse): string {
  const location = headers.get('location')
  if (location === null) throw new Error(`no redirect but ${status}: ${text}`)
  return location
}

/** Resolves with how long it took until it was so. */
export async function untilSo(look: () => Promise<boolean>, msMax = 5000): Promise<number> {
  const begun = performance.now()
  while (!(await look())) {
    if (performance.now() - begun > msMax) throw new Error(`it is not so within ${msMax} ms`)
    await sleep(50)
  }
  return performance.now() - begun
}
