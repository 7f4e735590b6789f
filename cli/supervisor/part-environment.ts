/**
 * Which variables each part gets: what it needs and nothing else.
 *
 * The root secret reaches no room; ext-authz, which only verifies, gets no derived key at all.
 */

import { join } from 'node:path'
import type { Services } from '../../lib/catalogue/catalogue.ts'
import type { ConfiguredClients } from '../../lib/catalogue/configured-client.ts'
import { COPIES_VARIABLE, copiesOf } from '../../lib/catalogue/copies.ts'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import { launchTexts } from '../../lib/catalogue/launch-texts.ts'
import { packagesFolder } from '../../lib/catalogue/packages.ts'
import { OIDC_SECRET } from '../../lib/catalogue/provider-variables.ts'
import {
  GITHUB_SECRET,
  type ProviderSettings,
  providerSecretNames,
} from '../../lib/catalogue/providers.ts'
import { secretNamesIn } from '../../lib/catalogue/secret-names.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { ROOM_ALLOCATOR } from './room-memory.ts'

/** What Node has compiled once: with it a room starts in half the time, and in a third less memory. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/compiled')

type Variables = Readonly<Record<string, string>>

const COMMON = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'LOG_LEVEL',
]
const SERVICE_SWITCH = /^MCP_[A-Z0-9_]+_ENABLED$/

/** Settings of single rooms that the operator may set. */
export const ROOM_SETTINGS = {
  'oauth-server': [
    'ACCESS_TOKEN_LIFETIME',
    'REFRESH_TOKEN_LIFETIME',
    'PERSONAL_TOKEN_LIFETIME',
    'AUDIT_ENTRIES',
    'AUDIT_ADDRESSES',
    'CLIENT_LIFETIME',
    'ACCESS_FACTS_LIFETIME',
    'ACCESS_FACTS_OUTAGE',
    'SIGNING_ALGORITHM',
    'SIGNING_KEY_LIFETIME',
    'RATE_LIMIT_FACTOR',
    'REGISTRATION_TOKEN',
    'REGISTRATION_REDIRECT_HOSTS',
    'REGISTRATIONS_MAX',
    'CLIENT_ID_METADATA_DOCUMENTS',
    'CLIENT_DOCUMENT_TEST_HOSTS',
    'DEFAULT_SERVICE',
  ],
  'ext-authz': ['EXT_AUTHZ_TRANSPORT'],
  'mcp-bridge': [
    'SESSION_TIMEOUT',
    'AUDIT_ENTRIES',
    'AUDIT_ADDRESSES',
    'EGRESS_ALLOW',
    'CHROMIUM_BIN',
  ],
  certs: [
    'GATEWAY_TLS',
    'TLS_CERTIFICATE_FOLDER',
    'ACME_EMAIL',
    'ACME_DIRECTORY_URL',
    'ACME_CA_FILE',
    'ACME_DNS_PROVIDER',
    'ACME_DNS_RESOLVERS',
    'ACME_DNS_PROPAGATION_CHECK',
  ],
  'envoy-files': ['RATE_LIMIT_FACTOR'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** What any process may know. */
export function commonEnvironment(environment: Environment): Variables {
  return pick(environment, COMMON)
}

/** What whoever reads the gateway's configuration needs beside it. */
export function gatewayEnvironment(environment: Environment, stateDirectory: string): Variables {
  const switches = Object.keys(environment).filter((name) => SERVICE_SWITCH.test(name))
  return {
    ...commonEnvironment(environment),
    ...pick(environment, [...Object.keys(GATEWAY_VARIABLES).flatMap(orFile), ...switches]),
    GATEWAY_STATE_DIR: stateDirectory,
    // Rooms do not know where the account's cache is.
    GATEWAY_PACKAGES_DIR: environment['GATEWAY_PACKAGES_DIR'] || packagesFolder(environment),
    NODE_COMPILE_CACHE: COMPILED,
    ...ROOM_ALLOCATOR,
    [COPIES_VARIABLE]: copiesOf(stateDirectory).folder,
  }
}

export function settingsOf(room: keyof typeof ROOM_SETTINGS, environment: Environment): Variables {
  return pick(environment, ROOM_SETTINGS[room].flatMap(orFile))
}

/** The operator's variables that `${secret.NAME}` in these services names. */
export function serviceSecrets(services: Services, environment: Environment): Variables {
  const named = [...services.values()].flatMap(secretNames)
  return pick(environment, named.filter((name) => !GATEWAY_KEYS.has(name)).flatMap(orFile))
}

/** The operator's variables that hold the secrets of the clients in `gateway.yaml`. */
export function clientSecrets(clients: ConfiguredClients, environment: Environment): Variables {
  const named = [...clients.values()].map(({ secretName }) => secretName)
  return pick(environment, named.filter((name) => name !== undefined).flatMap(orFile))
}

/** The operator's variables that hold what login providers know the gateway by. */
export function providerSecrets(
  providers: readonly ProviderSettings[],
  environment: Environment,
): Variables {
  return pick(environment, providerSecretNames(providers).flatMap(orFile))
}

/** Keys of the gateway itself: no service may have them by naming them. */
const GATEWAY_KEYS = new Set(['GATEWAY_SECRET', 'REDIS_PASSWORD', GITHUB_SECRET, OIDC_SECRET])

/** Not what people enter themselves: a variable of that name is none of the service's business. */
function secretNames(service: Service): string[] {
  const { userSecrets } = service
  return secretNamesIn(launchTexts(service)).filter((name) => !Object.hasOwn(userSecrets, name))
}

/** Secrets that services name now and named not before: no process has them yet. */
export function newSecretNames(before: Services, after: Services): string[] {
  const namesOf = (services: Services) => new Set([...services.values()].flatMap(secretNames))
  return [...namesOf(after).difference(namesOf(before))]
}

/** The variable, and the one that names a file with its value. */
export function orFile(name: string): string[] {
  return [name, `${name}_FILE`]
}

/** What is asked for by others, such as lego, under names of their own. */
export function pick(environment: Environment, names: readonly string[]): Variables {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '') picked[name] = value
  }
  return picked
}
