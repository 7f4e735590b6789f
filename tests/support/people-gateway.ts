/** A whole gateway whose people come from our GitHub and an OpenID Connect provider, with a client on the web. */

import { freePort } from './free-port.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { type GitHubEmulator, gitHubEnvironment, startGitHub } from './github-emulator.ts'
import { type HttpResponse, sendOverNetwork as send } from './http.ts'
import {
  type AuthorizationAttempt,
  createOAuthClient,
  type Fields,
  type OAuthClient,
  type Registered,
} from './oauth-client.ts'
import { type OidcUpstream, startOidcUpstream } from './oidc-upstream.ts'
import type { Person } from './person.ts'

export const CB = 'https://app.example/cb'

export interface PeopleGateway {
  readonly gateway: TestGateway
  readonly issuer: string
  readonly github: GitHubEmulator
  readonly okta: OidcUpstream
  readonly client: OAuthClient
  readonly web: Registered
  /** Of the client on the web, for the service echo. */
  begin(changes?: Fields, clientId?: string): AuthorizationAttempt
  /** Approves here and is sent to the provider: where. */
  leave(person: Person, provider: string, url?: string): Promise<string>
  stop(): Promise<void>
}

export interface PeopleGatewayOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Below `providers`, beside `okta`. */
  readonly providers?: string
  /** The rest of the file. */
  readonly file: string
}

export async function startPeopleGateway({
  environment = {},
  providers = '',
  file,
}: PeopleGatewayOptions): Promise<PeopleGateway> {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const github = await startGitHub({ callbackUrl: `${issuer}/callback` })
  const okta = await startOidcUpstream({ redirectUris: [`${issuer}/callback/okta`] })
  const gateway = await startGateway({
    port,
    environment: {
      RATE_LIMIT_FACTOR: '0',
      ...gitHubEnvironment(github),
      OKTA_SECRET: okta.clientSecret,
      ...environment,
    },
    file: `
providers:
  okta:
    type: oidc
    label: Okta
    issuer: ${okta.issuer}
    client_id: ${okta.clientId}
    client_secret: \${secret.OKTA_SECRET}
    scopes: [groups]
${providers}${file}`,
  })
  const client = createOAuthClient(send, issuer)
  const web = await client.register({ redirect_uris: [CB] })
  const begin: PeopleGateway['begin'] = (changes, clientId = web.client_id) =>
    client.begin(clientId, { redirect_uri: CB, resource: `${issuer}/echo/mcp`, ...changes })
  return {
    gateway,
    issuer,
    github,
    okta,
    client,
    web,
    begin,
    leave: async (person, provider, url = begin().url) =>
      locationOf(await person.submit(await person.open(url), { provider })),
    async stop() {
      await gateway.remove()
      await github.stop()
      await okta.stop()
    },
  }
}

export function locationOf({ headers }: HttpResponse): string {
  return headers.get('location') ?? ''
}

export function isSignedIn({ cookies }: Person): boolean {
  return [...cookies.keys()].some((name) => name.includes('-login-'))
}
