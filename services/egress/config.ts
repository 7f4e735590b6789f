/** What the program `egress` is told by its environment. */

import {
  type Environment,
  integer,
  logLevel,
  optional,
  readEnvironment,
  required,
  text,
} from '../../lib/platform/environment.ts'
import {
  type AllowList,
  allowList,
  NOTHING_ALLOWED,
} from '../../lib/platform/outbound/allow-list.ts'

export const EGRESS_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  /** Where it listens. */
  EGRESS_SOCKET: required(text),
  /** What may be reached beside the public internet. */
  EGRESS_ALLOW: optional<AllowList, AllowList>(allowList, NOTHING_ALLOWED),
  /** Connections at once, of all services together. */
  EGRESS_CONNECTIONS: optional(integer(1, 65_536), 2048),
}

/** @throws ConfigError with one line for each fault. */
export function readConfig(environment: Environment) {
  return readEnvironment(EGRESS_VARIABLES, environment)
}
