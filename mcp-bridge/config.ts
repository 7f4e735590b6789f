/** The bridge's own variables; what all rooms share is in lib/catalogue/gateway.ts. */

import {
  type Environment,
  integer,
  logLevel,
  oneOf,
  optional,
  readEnvironment,
  required,
  secret,
  secretOf,
  text,
  type Values,
} from '../lib/platform/environment.ts'
import { ADDRESS_POLICIES } from '../lib/platform/kept-address.ts'
import { type AllowList, allowList, NOTHING_ALLOWED } from '../lib/platform/outbound/allow-list.ts'
import { PROCESSES_MAX } from '../lib/platform/unix-socket.ts'
import { storeUrl } from '../lib/store/address.ts'
import { LEASE_MS } from './limits.ts'

export const MCP_BRIDGE_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  REDIS_URL: required(storeUrl),
  REDIS_PASSWORD: optional(secret, undefined),
  MCP_BRIDGE_SOCKET: required(text),
  /** Where it tells its figures; nowhere without it. */
  MCP_BRIDGE_ADMIN_SOCKET: optional(text, undefined),
  MCP_BRIDGE_EDGE_SECRET: required(secret),
  /** What people have entered for services is opened with a key made of it. */
  USER_SECRETS_KEY: required(secretOf(32)),
  /** Seconds without use after which a session ends. */
  SESSION_TIMEOUT: optional(integer(1, 31_536_000), 3600),
  /** So many calls of tools the audit log keeps, or some more. */
  AUDIT_ENTRIES: optional(integer(1, 100_000_000), 100_000),
  /** How much of a caller's address it keeps. */
  AUDIT_ADDRESSES: optional(oneOf(...ADDRESS_POLICIES), 'full'),
  /** The name of this process among the bridges of a store: one at a time has it. */
  MCP_BRIDGE_INSTANCE: optional(text, 'bridge-1'),
  /** How many bridges use the store. */
  MCP_BRIDGE_PROCESSES: optional(integer(1, PROCESSES_MAX), 1),
  /** The term of a lease in milliseconds: the same for all bridges of a store. */
  MCP_BRIDGE_LEASE_MS: optional(integer(500, 600_000), LEASE_MS),
  /** For the guard before services that ask whatever they are told to: what they may reach beside the internet. */
  EGRESS_ALLOW: optional<AllowList, AllowList>(allowList, NOTHING_ALLOWED),
  /** For the same: the browser that services drive. */
  CHROMIUM_BIN: optional(text, undefined),
  /** Every child carries it in its environment, so that the supervisor finds what escaped. */
  GATEWAY_MARKER: required(text),
}

export type McpBridgeConfig = Values<typeof MCP_BRIDGE_VARIABLES>

export function readConfig(environment: Environment): McpBridgeConfig {
  return readEnvironment(MCP_BRIDGE_VARIABLES, environment)
}
