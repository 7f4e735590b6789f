/** What this service is told by its environment, beside what the bridge tells every server of ours. */

import {
  type Environment,
  oneOf,
  optional,
  readEnvironment,
  text,
} from '../../lib/platform/environment.ts'
import {
  type AllowList,
  allowList,
  NOTHING_ALLOWED,
} from '../../lib/platform/outbound/allow-list.ts'

export const FETCHS_VARIABLES = {
  /** Socket of the program `egress`, where there is no network here; without it this service judges itself. */
  EGRESS_SOCKET: optional(text, undefined),
  /** What may be reached beside the public internet. */
  EGRESS_ALLOW: optional<AllowList, AllowList>(allowList, NOTHING_ALLOWED),
  /** Whether robots.txt is heeded. */
  FETCHS_ROBOTS: optional(oneOf('obey', 'ignore'), 'obey' as const),
}

/** @throws ConfigError with one line for each fault. */
export function readConfig(environment: Environment) {
  return readEnvironment(FETCHS_VARIABLES, environment)
}
