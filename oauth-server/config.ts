/** What the authorization server reads from its environment, beside what all rooms share. */

import { SIGNING_ALGORITHMS } from '../lib/oauth/access-token.ts'
import {
  type Environment,
  integer,
  logLevel,
  oneOf,
  optional,
  type Parser,
  readEnvironment,
  required,
  secret,
  text,
  type Values,
} from '../lib/platform/environment.ts'
import type { Secret } from '../lib/platform/secret.ts'

const YEAR_SECONDS = 365 * 86_400
const SECRET_CHARACTERS_MIN = 32

const strongSecret: Parser<Secret> = (value) => {
  if (value.length >= SECRET_CHARACTERS_MIN) return secret(value)
  throw new RangeError(`must have at least ${SECRET_CHARACTERS_MIN} characters`)
}

export const OAUTH_SERVER_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  REDIS_URL: required(text),
  REDIS_PASSWORD: optional(secret, undefined),
  OAUTH_SERVER_SOCKET: required(text),
  /** Keys for sealing and for refresh tokens are derived from it. */
  OAUTH_SERVER_SECRET: required(strongSecret),
  /** Seconds. */
  ACCESS_TOKEN_LIFETIME: optional(integer(1, YEAR_SECONDS), 3600),
  /** Seconds, from the last use. */
  REFRESH_TOKEN_LIFETIME: optional(integer(1, 10 * YEAR_SECONDS), 30 * 86_400),
  /** Seconds, from the last use; 0 keeps registrations for ever. */
  CLIENT_LIFETIME: optional(integer(0, 10 * YEAR_SECONDS), 90 * 86_400),
  /** Meant by whoever names no service; without it the person chooses. */
  DEFAULT_SERVICE: optional(text, undefined),
  /** Multiplies every rate limit; 0 switches them off. */
  RATE_LIMIT_FACTOR: optional(integer(0, 1_000_000), 1),
  SIGNING_ALGORITHM: optional(oneOf(...SIGNING_ALGORITHMS), 'ES256'),
}

export type OAuthServerConfig = Values<typeof OAUTH_SERVER_VARIABLES>

/** @throws ConfigError with one line for each fault. */
export function readConfig(environment: Environment): OAuthServerConfig {
  return readEnvironment(OAUTH_SERVER_VARIABLES, environment)
}
