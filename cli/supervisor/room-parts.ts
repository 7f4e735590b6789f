/** The rooms that are asked: authorization server, decision and bridge, each in as many processes as are wanted. */

import { join } from 'node:path'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { processName } from '../instance/part-names.ts'
import type { Part } from './part.ts'
import { clientSecrets, providerSecrets, serviceSecrets, settingsOf } from './part-environment.ts'
import type { PartsOptions } from './parts-options.ts'
import { accepts, answersHealth } from './readiness.ts'
import { ROOM_NODE_ARGS } from './room-memory.ts'
import type { RoomSockets } from './room-sockets.ts'
import type { TracingEnvironment } from './tracing-environment.ts'

export const ROOM_TERMINATE_MS = 2500

/** What rooms share, or share with Envoy. */
export interface Surroundings {
  readonly shared: Readonly<Record<string, string>>
  readonly sockets: RoomSockets
  readonly edgeSecret: string
  readonly tracing: TracingEnvironment
  readonly userSecretsKey: string
}

export function roomParts(options: PartsOptions, surroundings: Surroundings): Part[] {
  return [
    ...oauthServerParts(options, surroundings),
    ...extAuthzParts(options, surroundings),
    ...bridgeParts(options, surroundings),
  ]
}

/** A longer pause of the collector is felt by everybody who asks; a smaller young generation finds more alive. */
export const OAUTH_SERVER_NODE_ARGS = ['--max-semi-space-size=8'] as const

function oauthServerParts(options: PartsOptions, surroundings: Surroundings): Part[] {
  const { gateway, environment, rootSecret } = options
  const { shared, sockets, tracing, userSecretsKey } = surroundings
  return sockets.oauthServer.map(({ http, admin, figures }, index) =>
    roomPart(options, {
      room: 'oauth-server',
      number: index + 1,
      nodeArgs: OAUTH_SERVER_NODE_ARGS,
      env: {
        ...clientSecrets(gateway.clients, environment),
        ...providerSecrets(gateway.providers, environment),
        ...shared,
        ...settingsOf('oauth-server', environment),
        ...tracing.rooms,
        OAUTH_SERVER_SOCKET: http,
        OAUTH_SERVER_ADMIN_SOCKET: admin,
        OAUTH_SERVER_METRICS_SOCKET: figures,
        OAUTH_SERVER_SECRET: deriveSecret(rootSecret, 'oauth-server').reveal(),
        USER_SECRETS_KEY: userSecretsKey,
      },
      isReady: () => answersHealth(http),
    }),
  )
}

function extAuthzParts(options: PartsOptions, { shared, sockets, tracing }: Surroundings): Part[] {
  const { environment, extAuthzReachesNetwork = true } = options
  return sockets.extAuthz.map(({ grpc, admin }, index) =>
    roomPart(options, {
      room: 'ext-authz',
      number: index + 1,
      // Checks make short-lived garbage: a small young generation keeps each pause short.
      nodeArgs: ['--max-semi-space-size=1'],
      env: {
        ...shared,
        ...settingsOf('ext-authz', environment),
        ...(extAuthzReachesNetwork && tracing.rooms),
        EXT_AUTHZ_SOCKET: grpc,
        EXT_AUTHZ_ADMIN_SOCKET: admin,
      },
      isReady: () => accepts({ path: grpc }),
      // The system accepts for a process that stands still.
      answers: () => answersHealth(admin),
    }),
  )
}

/**
 * One helper thread for collector and compiler, and young garbage is collected without it. By default there are four,
 * and on two cores the bridge waits in each pause for one that has no core yet: a fifth of the slowest calls' time.
 */
export const BRIDGE_NODE_ARGS = [
  '--max-semi-space-size=2',
  '--v8-pool-size=1',
  '--no-parallel-scavenge',
] as const

/** Each owns the children of its sessions; what two must not run at once is shared out in the store. */
function bridgeParts(options: PartsOptions, surroundings: Surroundings): Part[] {
  const { gateway, environment, processes } = options
  const { shared, sockets, edgeSecret, tracing, userSecretsKey } = surroundings
  return sockets.bridge.map(({ http, admin }, index) =>
    roomPart(options, {
      room: 'mcp-bridge',
      number: index + 1,
      // As above, and a fifth of its memory.
      nodeArgs: BRIDGE_NODE_ARGS,
      env: {
        ...serviceSecrets(gateway.services, environment),
        ...shared,
        ...settingsOf('mcp-bridge', environment),
        ...tracing.rooms,
        MCP_BRIDGE_SOCKET: http,
        MCP_BRIDGE_ADMIN_SOCKET: admin,
        MCP_BRIDGE_INSTANCE: processName('bridge', index + 1),
        MCP_BRIDGE_PROCESSES: String(processes['mcp-bridge']),
        MCP_BRIDGE_EDGE_SECRET: edgeSecret,
        USER_SECRETS_KEY: userSecretsKey,
      },
      isReady: () => answersHealth(http),
      markerVariable: 'GATEWAY_MARKER',
    }),
  )
}

interface RoomPart extends Pick<Part, 'env' | 'isReady' | 'answers' | 'markerVariable'> {
  readonly room: string
  /** Which of its processes. */
  readonly number: number
  readonly nodeArgs?: readonly string[]
}

function roomPart(
  { rooms, store }: PartsOptions,
  { room, number, nodeArgs = [], ...part }: RoomPart,
): Part {
  return {
    name: processName(room, number),
    command: process.execPath,
    args: [...ROOM_NODE_ARGS, ...nodeArgs, join(rooms, room, 'main.ts')],
    dependsOn: store.own === undefined ? [] : ['valkey'],
    isSpare: number > 1,
    announces: true,
    terminateMs: ROOM_TERMINATE_MS,
    ...part,
  }
}
