/** What the bridge tells this server at its launch. */

import {
  type Environment,
  readEnvironment,
  required,
  secret,
  text,
} from '../../lib/platform/environment.ts'

export const ECHO_VARIABLES = {
  /** Where to listen. */
  MCP_NATIVE_SOCKET: required(text),
  /** What the bridge sends with each request; others are refused. */
  MCP_NATIVE_SECRET: required(secret),
}

export function readConfig(environment: Environment) {
  return readEnvironment(ECHO_VARIABLES, environment)
}
