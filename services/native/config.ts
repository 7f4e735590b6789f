/** What the bridge tells a server of ours at its launch. */

import {
  type Environment,
  readEnvironment,
  required,
  secret,
  text,
} from '../../lib/platform/environment.ts'

export const NATIVE_VARIABLES = {
  /** Where to listen. */
  MCP_NATIVE_SOCKET: required(text),
  /** What the bridge sends with each request; others are refused. */
  MCP_NATIVE_SECRET: required(secret),
}

/** @throws ConfigError with one line for each fault. */
export function readConfig(environment: Environment) {
  return readEnvironment(NATIVE_VARIABLES, environment)
}
