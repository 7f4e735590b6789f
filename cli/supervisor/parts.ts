/** The table of parts: what runs, in which order, knowing what. */

import { join } from 'node:path'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { certificateVariables, certsParts } from './certs-part.ts'
import { envoyPart } from './envoy-part.ts'
import type { Part } from './part.ts'
import { commonEnvironment, gatewayEnvironment, settingsOf } from './part-environment.ts'
import type { PartsOptions, Store } from './parts-options.ts'
import { answersPing } from './readiness.ts'
import { ROOM_NODE_ARGS } from './room-memory.ts'
import { ROOM_TERMINATE_MS, roomParts, type Surroundings } from './room-parts.ts'
import { socketsOf } from './room-sockets.ts'
import { tracingEnvironment } from './tracing-environment.ts'

export function toParts(options: PartsOptions): Part[] {
  const { gateway, environment, rootSecret } = options
  const shared = gatewayEnvironment(environment, gateway.stateDirectory)
  const sockets = socketsOf(options.socketAt, options.processes)
  const edgeSecret = deriveSecret(rootSecret, 'edge').reveal()
  const tracing = tracingEnvironment(environment)
  const surroundings: Surroundings = {
    shared: { ...shared, ...storeEnvironment(options.store) },
    sockets,
    edgeSecret,
    tracing,
    userSecretsKey: deriveSecret(rootSecret, 'user-secrets').reveal(),
  }
  const rooms = roomParts(options, surroundings)
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
