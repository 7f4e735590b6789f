/** What the guard is told by its environment. */

import {
  type Environment,
  optional,
  readEnvironment,
  text,
  type Values,
} from '../../lib/platform/environment.ts'
import {
  type AllowList,
  allowList,
  NOTHING_ALLOWED,
} from '../../lib/platform/outbound/allow-list.ts'

export const GUARD_VARIABLES = {
  /** Socket of the program `egress`, where there is no network here; without it the guard judges itself. */
  EGRESS_SOCKET: optional(text, undefined),
  /** What may be reached beside the public internet. */
  EGRESS_ALLOW: optional<AllowList, AllowList>(allowList, NOTHING_ALLOWED),
  /** The browser that `{chromium}` stands for. */
  CHROMIUM_BIN: optional(text, undefined),
}

/** @throws ConfigError with one line for each fault. */
export function readConfig(environment: Environment): Values<typeof GUARD_VARIABLES> {
  return readEnvironment(GUARD_VARIABLES, environment)
}
