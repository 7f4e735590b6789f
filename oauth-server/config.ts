/** What the authorization server reads from its environment, beside what all rooms share. */

import type { Addresses } from '../lib/catalogue/addresses.ts'
import type { Services } from '../lib/catalogue/catalogue.ts'
import type { ConfiguredClients } from '../lib/catalogue/configured-client.ts'
import { SIGNING_ALGORITHMS } from '../lib/oauth/jws.ts'
import {
  ConfigError,
  type Environment,
  integer,
  list,
  logLevel,
  oneOf,
  optional,
  type Parser,
  parser,
  readEnvironment,
  required,
  secret,
  secretOf,
  text,
  type Values,
} from '../lib/platform/environment.ts'
import { ADDRESS_POLICIES } from '../lib/platform/kept-address.ts'
import type { TestPlace } from '../lib/platform/outbound/outbound.ts'
import type { Secret } from '../lib/platform/secret.ts'
import { storeUrl } from '../lib/store/address.ts'
import { readClientKeys } from './clients/configured.ts'
import { redirectHosts } from './clients/redirect-hosts.ts'

const YEAR_SECONDS = 365 * 86_400

/** What fits into an `Authorization` header (RFC 6750 section 2.1). */
const bearerSecret: Parser<Secret> = parser('a secret of at least 16 characters', (value) => {
  if (/^[A-Za-z0-9._~+/-]{16,}=*$/.test(value)) return secret(value)
  throw new RangeError('must have at least 16 characters of A-Z a-z 0-9 . _ ~ + / -')
})

/** `name=127.0.0.1:port`, several by comma. This machine is the only one that may be meant. */
const testHosts: Parser<ReadonlyMap<string, TestPlace>> = parser(
  'a list of NAME=127.0.0.1:PORT',
  (value) =>
    new Map(
      list(value).map((member): [string, TestPlace] => {
        const [, name = '', port] = /^([a-z0-9.-]+)=127\.0\.0\.1:([0-9]{1,5})$/.exec(member) ?? []
        if (port !== undefined) return [name, { address: '127.0.0.1', port: Number(port) }]
        throw new RangeError(`must be a list of NAME=127.0.0.1:PORT, not "${member}"`)
      }),
    ),
)

export const OAUTH_SERVER_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  REDIS_URL: required(storeUrl),
  REDIS_PASSWORD: optional(secret, undefined),
  OAUTH_SERVER_SOCKET: required(text),
  /** For the operator's own commands; without it there are none. */
  OAUTH_SERVER_ADMIN_SOCKET: optional(text, undefined),
  /** Where it tells its figures, apart from what can change something. */
  OAUTH_SERVER_METRICS_SOCKET: optional(text, undefined),
  /** Keys for sealing and for refresh tokens are derived from it. */
  OAUTH_SERVER_SECRET: required(secretOf(32)),
  /** What people enter for services is sealed under a key made of it; the bridge has the same. */
  USER_SECRETS_KEY: required(secretOf(32)),
  /** Seconds. */
  ACCESS_TOKEN_LIFETIME: optional(integer(1, YEAR_SECONDS), 3600),
  /** Seconds, from the last use. */
  REFRESH_TOKEN_LIFETIME: optional(integer(1, 10 * YEAR_SECONDS), 30 * 86_400),
  /** Seconds: the longest that a token an operator makes for a script may live. */
  PERSONAL_TOKEN_LIFETIME: optional(integer(60, YEAR_SECONDS), 30 * 86_400),
  /** How many entries of the audit log are kept. */
  AUDIT_ENTRIES: optional(integer(1, 100_000_000), 100_000),
  /** How much of a caller's address it keeps. */
  AUDIT_ADDRESSES: optional(oneOf(...ADDRESS_POLICIES), 'full'),
  /** Seconds, from the last use; 0 keeps registrations for ever. */
  CLIENT_LIFETIME: optional(integer(0, 10 * YEAR_SECONDS), 90 * 86_400),
  /** Seconds after which memberships that access rules need are read again. */
  ACCESS_FACTS_LIFETIME: optional(integer(0, 86_400), 900),
  /** Seconds for which they count while the login provider does not answer. */
  ACCESS_FACTS_OUTAGE: optional(integer(0, 30 * 86_400), 86_400),
  /** Who registers must know it (RFC 7591 section 3, initial access token). */
  REGISTRATION_TOKEN: optional(bearerSecret, undefined),
  REGISTRATION_REDIRECT_HOSTS: optional(redirectHosts, []),
  /** How many registrations that nobody approved yet are held. */
  REGISTRATIONS_MAX: optional(integer(1, 10_000_000), 100_000),
  /** Meant by whoever names no service; without it the person chooses. */
  DEFAULT_SERVICE: optional(text, undefined),
  /** Multiplies every rate limit; 0 switches them off. */
  RATE_LIMIT_FACTOR: optional(integer(0, 1_000_000), 1),
  /** Seconds for which one key signs. */
  SIGNING_KEY_LIFETIME: optional(integer(3600, 10 * YEAR_SECONDS), 90 * 86_400),
  SIGNING_ALGORITHM: optional(oneOf(...SIGNING_ALGORITHMS), 'ES256'),
  /** Whether a client may be named by the URL of its document; `auto` says so while it works. */
  CLIENT_ID_METADATA_DOCUMENTS: optional(oneOf('auto', 'on', 'off'), 'auto'),
  /** For tests: names that are served by this machine instead of the internet. */
  CLIENT_DOCUMENT_TEST_HOSTS: optional(testHosts, undefined),
}

export type OAuthServerConfig = Values<typeof OAUTH_SERVER_VARIABLES>

/** @throws ConfigError with one line for each fault. */
export function readConfig(environment: Environment): OAuthServerConfig {
  return readEnvironment(OAUTH_SERVER_VARIABLES, environment)
}

/** @throws ConfigError: whoever can be reached from elsewhere asks the internet and nobody else. */
export function refuseTestHosts(
  { CLIENT_DOCUMENT_TEST_HOSTS }: Pick<OAuthServerConfig, 'CLIENT_DOCUMENT_TEST_HOSTS'>,
  { loopback, issuer }: Addresses,
): void {
  if (CLIENT_DOCUMENT_TEST_HOSTS === undefined || loopback) return
  throw new ConfigError([
    `CLIENT_DOCUMENT_TEST_HOSTS is for tests on this machine only, not for ${issuer}: unset it`,
  ])
}

/** @throws ConfigError when there is no such service. */
export function requireService(services: Services, name: string | undefined): void {
  if (name === undefined || services.has(name)) return
  const names = [...services.keys()].join(', ')
  throw new ConfigError([`DEFAULT_SERVICE must be one of ${names}, not "${name}"`])
}

/** Where their answers go, and their keys: what this room alone can judge. @throws ConfigError with one line for each fault. */
export function requireFittingClients(clients: ConfiguredClients): void {
  readClientKeys(clients)
}
