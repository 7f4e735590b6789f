/** The operator's configuration as a whole, read and checked; nothing is touched. */

import { readClientSecrets } from '../../lib/catalogue/configured-client.ts'
import { withLines } from '../../lib/catalogue/fault-lines.ts'
import { type Gateway, readGateway } from '../../lib/catalogue/gateway.ts'
import { readProviderSecrets } from '../../lib/catalogue/providers.ts'
import {
  ConfigError,
  collectFaults,
  integer,
  logLevel,
  oneOf,
  optional,
  readEnvironment,
  secret,
  type Values,
} from '../../lib/platform/environment.ts'
import { PROCESSES_MAX } from '../../lib/platform/unix-socket.ts'
import { storeUrl } from '../../lib/store/address.ts'
import { requireFittingClients } from '../../oauth-server/config.ts'
import type { Context } from '../context.ts'
import { FSYNC } from '../supervisor/valkey-config.ts'
import { checkAgainstGateway, checkRoomSettings } from './room-settings.ts'

export const START_VARIABLES = {
  LOG_LEVEL: optional(logLevel, 'info'),
  /** Where plain HTTP is sent on to https; 0 is nowhere. */
  GATEWAY_HTTP_PORT: optional(integer(0, 65_535), undefined),
  REDIS_URL: optional(storeUrl, undefined),
  REDIS_PASSWORD: optional(secret, undefined),
  /** Of the store that is ours: when a write that was answered is on the disk. */
  VALKEY_APPENDFSYNC: optional(oneOf(...FSYNC), 'always'),
  /** How many processes serve the room. */
  EXT_AUTHZ_PROCESSES: optional(integer(1, PROCESSES_MAX), 2),
  OAUTH_SERVER_PROCESSES: optional(integer(1, PROCESSES_MAX), 2),
  MCP_BRIDGE_PROCESSES: optional(integer(1, PROCESSES_MAX), 1),
}

export interface Configuration {
  readonly gateway: Gateway
  readonly values: Values<typeof START_VARIABLES>
}

/** @throws ConfigError with every fault of file and environment, also those that a room would find. */
export function readConfiguration({
  environment,
  workingDirectory,
}: Pick<Context, 'environment' | 'workingDirectory'>): Configuration {
  const faults: string[] = []
  const gateway = collectFaults(() => readGateway(environment, workingDirectory), faults)
  const values = collectFaults(() => readEnvironment(START_VARIABLES, environment), faults)
  collectFaults(() => checkRoomSettings(environment), faults)
  if (gateway) {
    const found: string[] = []
    for (const check of [
      // The authorization server reads them itself: here what it would refuse is told before anything starts, or ends.
      () => requireFittingClients(gateway.clients),
      () => readClientSecrets(gateway.clients, environment),
      () => readProviderSecrets(gateway.providers, environment),
      () => checkAgainstGateway(gateway, environment),
    ]) {
      collectFaults<unknown>(check, found)
    }
    const { configurationPath: path, configurationText: source } = gateway
    faults.push(...withLines(found, { path, source }))
  }
  if (gateway === undefined || values === undefined || faults.length > 0)
    throw new ConfigError([...new Set(faults)])
  return { gateway, values }
}

/**
 * As far as it may change while a gateway runs: what only another start takes up is not asked for.
 * @throws ConfigError
 */
export function readConfigurationAgain({
  environment,
  workingDirectory,
}: Pick<Context, 'environment' | 'workingDirectory'>): Gateway {
  const gateway = readGateway(environment, workingDirectory)
  checkAgainstGateway(gateway, environment)
  return gateway
}
