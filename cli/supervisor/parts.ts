/** The table of parts: what runs, in which order, knowing what. */

import { join } from 'node:path'
import type { Services } from '../../lib/catalogue/catalogue.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { deriveSecret, type Secret } from '../../lib/platform/secret.ts'
import { NUMBERED_SOCKET_NAMES, SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { processName } from '../instance/part-names.ts'
import { type CertificatesPlan, certificateVariables, certsParts } from './certs-part.ts'
import { envoyPart } from './envoy-part.ts'
import type { Part } from './part.ts'
import {
  clientSecrets,
  commonEnvironment,
  gatewayEnvironment,
  providerSecrets,
  serviceSecrets,
  settingsOf,
} from './part-environment.ts'
import { accepts, answersHealth, answersPing } from './readiness.ts'
import { ROOM_NODE_ARGS } from './room-memory.ts'
import { type TracingEnvironment, tracingEnvironment } from './tracing-environment.ts'

export interface Store {
  readonly url: string
  readonly password: Secret | undefined
  /** Present when the store is ours to run. */
  readonly own: { readonly program: string; readonly configPath: string } | undefined
}

/** The path of a socket by its name. */
export type SocketPlace = (name: string) => string

export function socketsIn(folder: string): SocketPlace {
  return (name) => join(folder, name)
}

/** How many of them serve a room. */
export type Processes = Readonly<Record<'ext-authz' | 'oauth-server' | 'mcp-bridge', number>>

export interface PartsOptions {
  readonly gateway: Gateway
  readonly environment: Environment
  readonly rootSecret: Secret
  /** The folder that holds the rooms' folders. */
  readonly rooms: string
  readonly processes: Processes
  readonly socketAt: SocketPlace
  readonly store: Store
  readonly envoyProgram: string
  readonly listenAddresses: readonly string[]
  /** Undefined without TLS. */
  readonly certificates?: CertificatesPlan | undefined
  /** The socket on which whoever keeps the processes tells its figures; undefined in containers. */
  readonly supervisorFigures?: string | undefined
  /** The services as they are whenever it is asked. */
  readonly servedNow: () => Services
  /** Unless it is false; where ext-authz has no network its spans could never leave. */
  readonly extAuthzReachesNetwork?: boolean
}

const ROOM_TERMINATE_MS = 2500

export function toParts(options: PartsOptions): Part[] {
  const { gateway, environment, rootSecret } = options
  const shared = gatewayEnvironment(environment, gateway.stateDirectory)
  const sockets = socketsOf(options)
  const edgeSecret = deriveSecret(rootSecret, 'edge').reveal()
  const tracing = tracingEnvironment(environment)
  const surroundings: Surroundings = {
    shared: { ...shared, ...storeEnvironment(options.store) },
    sockets,
    edgeSecret,
    tracing,
    userSecretsKey: deriveSecret(rootSecret, 'user-secrets').reveal(),
  }
  const rooms = [
    ...oauthServerParts(options, surroundings),
    ...extAuthzParts(options, surroundings),
    ...bridgeParts(options, surroundings),
  ]
  const certificates = certsParts(options, shared)
  return [
    ...valkeyPart(options),
    ...rooms,
    ...certificates,
    envoyFilesPart(options, {
      ...shared,
      ...settingsOf('envoy-files', environment),
      ...tracing.envoyFiles,
      OAUTH_SERVER_SOCKETS: sockets.oauthServer.map(({ http }) => http).join(','),
      OAUTH_SERVER_METRICS_SOCKETS: sockets.oauthServer.map(({ figures }) => figures).join(','),
      EXT_AUTHZ_SOCKETS: sockets.extAuthz.map(({ grpc }) => grpc).join(','),
      EXT_AUTHZ_ADMIN_SOCKETS: sockets.extAuthz.map(({ admin }) => admin).join(','),
      MCP_BRIDGE_SOCKETS: sockets.bridge.map(({ http }) => http).join(','),
      MCP_BRIDGE_ADMIN_SOCKETS: sockets.bridge.map(({ admin }) => admin).join(','),
      ENVOY_ADMIN_SOCKET: sockets.envoyAdmin,
      ...(options.supervisorFigures && { SUPERVISOR_METRICS_SOCKET: options.supervisorFigures }),
    }),
    envoyPart({
      program: options.envoyProgram,
      folder: envoyFolderOf(gateway),
      env: {
        ...commonEnvironment(environment),
        ...tracing.envoy,
        ENVOY_EDGE_SECRET: edgeSecret,
      },
      gateway,
      adminSocket: sockets.envoyAdmin,
      listenAddresses: options.listenAddresses,
      servedNow: options.servedNow,
      dependsOn: [
        ...rooms.filter(({ isSpare }) => isSpare !== true).map(({ name }) => name),
        ...certificates.map(({ name }) => name),
        'envoy-files',
      ],
    }),
  ]
}

/** What rooms share, or share with Envoy. */
interface Surroundings {
  readonly shared: Readonly<Record<string, string>>
  readonly sockets: ReturnType<typeof socketsOf>
  readonly edgeSecret: string
  readonly tracing: TracingEnvironment
  readonly userSecretsKey: string
}

function socketsOf({ socketAt, processes }: PartsOptions) {
  const numbers = (count: number): number[] =>
    Array.from({ length: count }, (_, index) => index + 1)
  const { oauthServer, oauthServerAdmin, oauthServerFigures } = NUMBERED_SOCKET_NAMES
  const { extAuthz, extAuthzAdmin, bridge, bridgeAdmin } = NUMBERED_SOCKET_NAMES
  return {
    oauthServer: numbers(processes['oauth-server']).map((one) => ({
      http: socketAt(oauthServer(one)),
      admin: socketAt(oauthServerAdmin(one)),
      figures: socketAt(oauthServerFigures(one)),
    })),
    extAuthz: numbers(processes['ext-authz']).map((one) => ({
      grpc: socketAt(extAuthz(one)),
      admin: socketAt(extAuthzAdmin(one)),
    })),
    bridge: numbers(processes['mcp-bridge']).map((one) => ({
      http: socketAt(bridge(one)),
      admin: socketAt(bridgeAdmin(one)),
    })),
    envoyAdmin: socketAt(SOCKET_NAMES.envoyAdmin),
  }
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

export const BRIDGE_NODE_ARGS = ['--max-semi-space-size=2'] as const

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

function envoyFolderOf({ stateDirectory }: Gateway): string {
  return join(stateDirectory, 'envoy')
}

function envoyFilesPart(options: PartsOptions, variables: Readonly<Record<string, string>>): Part {
  const { gateway, rooms, listenAddresses } = options
  return {
    name: 'envoy-files',
    command: process.execPath,
    args: [...ROOM_NODE_ARGS, join(rooms, 'envoy/main.ts'), '--watch'],
    env: {
      ...variables,
      ENVOY_FOLDER: envoyFolderOf(gateway),
      ...certificateVariables(options),
      ENVOY_LISTEN_ADDRESSES: listenAddresses.join(','),
    },
    dependsOn: [],
    announces: true,
    terminateMs: ROOM_TERMINATE_MS,
  }
}

function valkeyPart({ store, environment, socketAt }: PartsOptions): Part[] {
  if (store.own === undefined) return []
  return [
    {
      name: 'valkey',
      command: store.own.program,
      args: [store.own.configPath],
      env: commonEnvironment(environment),
      dependsOn: [],
      isReady: () => answersPing(socketAt(SOCKET_NAMES.valkey), store.password?.reveal() ?? ''),
      // Each answered write is on the disk already.
      terminateMs: 800,
    },
  ]
}

function storeEnvironment({ url, password }: Store): Record<string, string> {
  return { REDIS_URL: url, ...(password && { REDIS_PASSWORD: password.reveal() }) }
}
