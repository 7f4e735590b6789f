/** The environment of the certificates' room. */

import {
  type Environment,
  flag,
  integer,
  list,
  logLevel,
  optional,
  type Parser,
  parser,
  readEnvironment,
  required,
  text,
} from '../lib/platform/environment.ts'
import { SOURCE_VARIABLES } from './source.ts'

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'

const httpsUrl: Parser<string> = parser('an https:// URL', (value) => {
  if (URL.parse(value)?.protocol === 'https:') return value
  throw new RangeError(`must be an https:// URL, not "${value}"`)
})

const email: Parser<string> = parser('an e-mail address', (value) => {
  if (/^[^\s@,]+@[^\s@,]+$/.test(value)) return value
  throw new RangeError(`must be an e-mail address, not "${value}"`)
})

/** It becomes an argument of lego's. */
const providerName: Parser<string> = parser('the name of a DNS provider', (value) => {
  if (/^[a-z0-9][a-z0-9-]*$/.test(value)) return value
  throw new RangeError(`must be the name of one of lego's DNS providers, not "${value}"`)
})

export const CERTS_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  /** Where the challenge of an authority is answered; Envoy asks it. */
  CERTS_SOCKET: required(text),
  /** The lego that was found; needed where an authority is asked. */
  CERTS_LEGO: optional(text, undefined),
  /** Names of the variables that lego's DNS provider reads. */
  CERTS_DNS_VARIABLES: optional(list, []),
  /** Where Envoy answers plain HTTP; unset, nobody waits for it. */
  CERTS_PLAIN_PORT: optional(integer(1, 65_535), undefined),
  /** The name under which Envoy is reached there. */
  CERTS_PLAIN_HOST: optional(text, '127.0.0.1'),
  ...SOURCE_VARIABLES,
  ACME_EMAIL: optional(email, undefined),
  ACME_DIRECTORY_URL: optional(httpsUrl, LETS_ENCRYPT),
  /** Whom to trust as the authority's own server, beside the public ones. */
  ACME_CA_FILE: optional(text, undefined),
  ACME_DNS_PROVIDER: optional(providerName, undefined),
  /** Asked whether the challenge's record is there; the system's otherwise. */
  ACME_DNS_RESOLVERS: optional(list, []),
  ACME_DNS_PROPAGATION_CHECK: optional(flag, true),
}

export type CertsConfig = ReturnType<typeof readCertsConfig>

export function readCertsConfig(environment: Environment) {
  return readEnvironment(CERTS_VARIABLES, environment)
}
