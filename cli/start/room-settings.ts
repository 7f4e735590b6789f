/** What the rooms would refuse for themselves, told before anything starts. */

import { CERTS_VARIABLES } from '../../certs/config.ts'
import { EXT_AUTHZ_VARIABLES } from '../../ext-authz/config.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import {
  ConfigError,
  collectFaults,
  type Environment,
  readEnvironment,
  type Specification,
} from '../../lib/platform/environment.ts'
import { MCP_BRIDGE_VARIABLES } from '../../mcp-bridge/config.ts'
import {
  OAUTH_SERVER_VARIABLES,
  refuseTestHosts,
  requireService,
} from '../../oauth-server/config.ts'
import { ROOM_SETTINGS } from '../supervisor/part-environment.ts'

const SPECIFICATIONS: Readonly<Partial<Record<keyof typeof ROOM_SETTINGS, Specification>>> = {
  'oauth-server': OAUTH_SERVER_VARIABLES,
  'ext-authz': EXT_AUTHZ_VARIABLES,
  'mcp-bridge': MCP_BRIDGE_VARIABLES,
  certs: CERTS_VARIABLES,
}

/** The settings of single rooms that an operator may set. */
export function roomSettings(): Specification {
  return Object.fromEntries(
    Object.entries(SPECIFICATIONS).flatMap(([room, specification]) => {
      const names: readonly string[] = ROOM_SETTINGS[room as keyof typeof ROOM_SETTINGS]
      return Object.entries(specification).filter(([name]) => names.includes(name))
    }),
  )
}

/** @throws ConfigError with one line for each fault. */
export function checkRoomSettings(environment: Environment): void {
  const faults: string[] = []
  collectFaults(() => readEnvironment(roomSettings(), environment), faults)
  if (faults.length > 0) throw new ConfigError(faults)
}

const { DEFAULT_SERVICE, CLIENT_DOCUMENT_TEST_HOSTS } = OAUTH_SERVER_VARIABLES

/** Those that mean something only beside the gateway's. @throws ConfigError for the first fault. */
export function checkAgainstGateway(
  { services, addresses }: Gateway,
  environment: Environment,
): void {
  const values = readEnvironment({ DEFAULT_SERVICE, CLIENT_DOCUMENT_TEST_HOSTS }, environment)
  requireService(services, values.DEFAULT_SERVICE)
  refuseTestHosts(values, addresses)
}
