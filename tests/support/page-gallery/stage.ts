/** The server's own ports for an exhibit, over a store that holds nothing but what the exhibit says. */

import type { Gateway } from '../../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../../lib/catalogue/live-gateway.ts'
import { providerSecretNames } from '../../../lib/catalogue/providers.ts'
import { OAuthError } from '../../../lib/oauth/error.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import type { Client } from '../../../oauth-server/clients/client.ts'
import { isDocumentUrl } from '../../../oauth-server/clients/documents/document-url.ts'
import { createCookies } from '../../../oauth-server/http/cookies.ts'
import { createProviders } from '../../../oauth-server/login/providers/providers.ts'
import type { Ports } from '../../../oauth-server/ports.ts'
import { createResources } from '../../../oauth-server/resources.ts'
import { createScopes } from '../../../oauth-server/scopes.ts'
import type { GrantUse } from '../../../oauth-server/store/grants.ts'
import type { Login } from '../../../oauth-server/store/logins.ts'
import { readYaml } from '../configuration.ts'

/** What is there; whatever is left out is not. */
export interface Stock {
  readonly gateway: Gateway
  /** The services that may be used; all of them unless it says so. */
  readonly usable?: readonly string[]
  readonly email?: string
  readonly clients?: readonly Client[]
  readonly grants?: readonly GrantUse[]
  /** Of each service the secrets that were entered, and when. */
  readonly entered?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** The clock of every exhibit stands here: pictures of two runs can be compared. */
export const NOW = Date.UTC(2026, 10, 28, 12)

export function setStage(stock: Stock): Ports {
  const { gateway, usable = [...gateway.services.keys()], email, clients = [] } = stock
  const { grants = [], entered = {} } = stock
  const secrets = providerSecretNames(gateway.providers).map((name) => [name, new Secret('x')])
  const live = stillGateway(gateway)
  return {
    gateway,
    live,
    clock: () => NOW,
    cookies: createCookies(gateway.addresses, 1),
    providers: createProviders(gateway, new Map(secrets as [string, Secret][])),
    resources: createResources(live),
    scopes: createScopes(live),
    access: { servicesOf: async () => usable },
    clients: { find: async (id: string) => findClient(clients, id) },
    families: {
      users: { find: async () => (email === undefined ? undefined : { emails: [email] }) },
      grants: { describeOfUser: async () => grants },
      userSecrets: {
        describe: async ({ service }: { service: string }) =>
          new Map(Object.entries(entered[service] ?? {})),
      },
    },
  } as unknown as Ports
}

/** Of those that are missing one that a document describes cannot be read now. */
function findClient(clients: readonly Client[], id: string): Client | undefined {
  const client = clients.find((one) => one.id === id)
  if (client !== undefined || !isDocumentUrl(id)) return client
  throw new OAuthError('invalid_client', 'the document cannot be fetched')
}

/** Signed in a while ago. */
export function loginOf(userId: string, userName: string): Login {
  return { id: 'login', key: 'key', userId, userName, authenticatedAt: NOW / 1000 - 3600 }
}

export const LOOPBACK = readYaml('')

/** On the web, with three ways to log in and services whose words are the operator's. */
export const HOSTED = readYaml(
  `
access: { users: ["*"] }
providers:
  github: { client_id: of-the-gallery }
  google: { issuer: "https://accounts.google.com", client_id: x, client_secret: "\${secret.GOOGLE}" }
  work:
    label: The Directory of the Faculty of Comparative Administration
    issuer: https://login.faculty.example
    client_id: x
    client_secret: "\${secret.WORK}"
mcpServers:
  everything: { enabled: false }
  echo:
    scopes: { read: Read what was said, write: "Say something in your name, to whoever listens" }
  calendar:
    command: calendar
    description: Appointments of yours and of your team
    isolation: user
    args: ["--key", "\${secret.CALENDAR_KEY}", "\${secret.CALENDAR_PASSWORD}"]
    userSecrets: { CALENDAR_KEY: The key from your calendar’s settings, CALENDAR_PASSWORD: Its password }
  mail:
    command: mail
    isolation: user
    env: { TOKEN: "\${secret.MAIL_TOKEN}" }
    userSecrets: { MAIL_TOKEN: Token }
`,
  { BASE_DOMAIN: 'tools.example.com' },
)

/** As above with one way, as most have it. */
export const GITHUB_ALONE = readYaml('access: { users: ["*"] }', {
  BASE_DOMAIN: 'tools.example.com',
  GITHUB_CLIENT_ID: 'of-the-gallery',
})

/** Both kinds of ways at once: a name for development and providers. */
export const MIXED = readYaml(
  'access: { users: ["*"] }\nproviders: { dev: {}, github: { client_id: of-the-gallery } }',
)

/** More services than anybody can overlook, and with the longest names there may be. */
export const CROWDED = readYaml(
  `
access: { users: ["*"] }
mcpServers:
${Array.from({ length: 15 }, (_, index) => crowdedService(index)).join('\n')}`,
  { BASE_DOMAIN: 'tools.example.com', GITHUB_CLIENT_ID: 'of-the-gallery' },
)

function crowdedService(index: number): string {
  const name = `department-${index}-with-a-very-long-name-and-nothing-else-to-show`.slice(0, 63)
  return `  ${name}: { command: x, description: "${'Looks after something. '.repeat((index % 4) * 2)}" }`
}
