/** The environment of ext-authz. It is given no derived key: it can verify and nothing else. */

import {
  type Environment,
  logLevel,
  oneOf,
  optional,
  readEnvironment,
  required,
  secret,
  text,
} from '../lib/platform/environment.ts'
import { storeUrl } from '../lib/store/address.ts'

export const EXT_AUTHZ_VARIABLES = {
  /** Path of the unix socket that Envoy asks on. */
  EXT_AUTHZ_SOCKET: required(text),
  /** Path of the unix socket that operators ask on. */
  EXT_AUTHZ_ADMIN_SOCKET: optional(text, undefined),
  REDIS_URL: required(storeUrl),
  REDIS_PASSWORD: optional(secret, undefined),
  /** What carries gRPC: our own server, or the one it is measured by. */
  EXT_AUTHZ_TRANSPORT: optional(oneOf('fast', 'grpc-js'), 'fast'),
  LOG_LEVEL: optional(logLevel, 'info'),
}

export function readExtAuthzConfig(environment: Environment) {
  return readEnvironment(EXT_AUTHZ_VARIABLES, environment)
}
