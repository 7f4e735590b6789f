/** The runner program's variables. */

import {
  type Environment,
  flag,
  integer,
  list,
  logLevel,
  optional,
  readEnvironment,
  required,
  text,
  type Values,
} from '../../lib/platform/environment.ts'
import { parseUidRange } from './own-uids.ts'

export const MCP_RUNNER_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  MCP_RUNNER_SOCKET: required(text),
  /** Whether the group of our account may connect too: a bridge in another container. */
  MCP_RUNNER_GROUP: optional(flag, false),
  /** In it a folder for what each service stores. */
  MCP_RUNNER_DATA: required(text),
  /** Names of variables of ours that every child gets too, e.g. HTTPS_PROXY. */
  MCP_RUNNER_PASSED: optional<readonly string[], readonly string[]>(list, []),
  /** Each person's processes have an account of their own out of these, `FIRST-LAST`; the runner is root then. */
  MCP_RUNNER_UIDS: optional(parseUidRange, undefined),
  /** Processes and threads that such an account may have. */
  MCP_RUNNER_USER_PROCESSES: optional(integer(8, 32_768), 256),
  /** Every child carries it in its environment; a supervisor finds what escaped by it. */
  GATEWAY_MARKER: optional(text, undefined),
}

export type McpRunnerConfig = Values<typeof MCP_RUNNER_VARIABLES>

export function readConfig(environment: Environment): McpRunnerConfig {
  return readEnvironment(MCP_RUNNER_VARIABLES, environment)
}
