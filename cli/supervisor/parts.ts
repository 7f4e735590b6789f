/** The table of parts: what runs, in which order, knowing what. */

import { join } from 'node:path'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { deriveSecret, type Secret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
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

export interface Store {
  readonly url: string
  readonly password: Secret | undefined
  /** Present when the store is ours to run. */
  readonly own: { readonly program: string; readonly configPath: string } | undefined
}

export interface PartsOptions {
  readonly gateway: Gateway
  readonly environment: Environment
  readonly rootSecret: Secret
  /** The folder that holds the rooms' folders. */
  readonly rooms: string
  readonly sockets: string
  readonly store: Store
  readonly envoyProgram: string
  readonly listenAddresses: readonly string[]
  /** Undefined without TLS. */
  readonly certificates?: CertificatesPlan | undefined
}

const ROOM_TERMINATE_MS = 2500

export function toParts(options: PartsOptions): Part[] {
  const { gateway, environment, rootSecret, sockets } = options
  const shared = gatewayEnvironment(environment, gateway.stateDirectory)
  const store = storeEnvironment(options.store)
  const socketVariables = {
    OAUTH_SERVER_SOCKET: join(sockets, SOCKET_NAMES.oauthServer),
    EXT_AUTHZ_SOCKET: join(sockets, SOCKET_NAMES.extAuthz),
    MCP_BRIDGE_SOCKET: join(sockets, SOCKET_NAMES.bridge),
  }
  const { OAUTH_SERVER_SOCKET, EXT_AUTHZ_SOCKET, MCP_BRIDGE_SOCKET } = socketVariables
  const edgeSecret = deriveSecret(rootSecret, 'edge').reveal()
  const USER_SECRETS_KEY = deriveSecret(rootSecret, 'user-secrets').reveal()
  const room = roomMaker(options)
  return [
    ...valkeyPart(options),
    room('oauth-server', {
      env: {
        ...clientSecrets(gateway.clients, environment),
        ...providerSecrets(gateway.providers, environment),
        ...shared,
        ...store,
        ...settingsOf('oauth-server', environment),
        OAUTH_SERVER_SOCKET,
        OAUTH_SERVER_SECRET: deriveSecret(rootSecret, 'oauth-server').reveal(),
        USER_SECRETS_KEY,
      },
      isReady: () => answersHealth(OAUTH_SERVER_SOCKET),
    }),
    room('ext-authz', {
      // Checks make short-lived garbage: a small young generation keeps each pause short.
      nodeArgs: ['--max-semi-space-size=1'],
      env: { ...shared, ...store, ...settingsOf('ext-authz', environment), EXT_AUTHZ_SOCKET },
      isReady: () => accepts({ path: EXT_AUTHZ_SOCKET }),
    }),
    room('mcp-bridge', {
      env: {
        ...serviceSecrets(gateway.services, environment),
        ...shared,
        ...store,
        ...settingsOf('mcp-bridge', environment),
        MCP_BRIDGE_SOCKET,
        MCP_BRIDGE_EDGE_SECRET: edgeSecret,
        USER_SECRETS_KEY,
      },
      isReady: () => answersHealth(MCP_BRIDGE_SOCKET),
      markerVariable: 'GATEWAY_MARKER',
    }),
    ...certsParts(options, shared),
    envoyFilesPart(options, { ...shared, ...socketVariables, ENVOY_EDGE_SECRET: edgeSecret }),
    envoyPart({
      program: options.envoyProgram,
      folder: envoyFolderOf(gateway),
      env: commonEnvironment(environment),
      gateway,
      listenAddresses: options.listenAddresses,
      dependsOn: [
        'oauth-server',
        'ext-authz',
        'mcp-bridge',
        'envoy-files',
        ...(options.certificates === undefined ? [] : ['certs']),
      ],
    }),
  ]
}

function roomMaker({ rooms, store }: PartsOptions) {
  return (
    name: string,
    {
      nodeArgs = [],
      ...part
    }: Pick<Part, 'env' | 'isReady' | 'markerVariable'> & { nodeArgs?: string[] },
  ): Part => ({
    name,
    command: process.execPath,
    args: [...nodeArgs, join(rooms, name, 'main.ts')],
    dependsOn: store.own === undefined ? [] : ['valkey'],
    announces: true,
    terminateMs: ROOM_TERMINATE_MS,
    ...part,
  })
}

function envoyFolderOf({ stateDirectory }: Gateway): string {
  return join(stateDirectory, 'envoy')
}

function envoyFilesPart(options: PartsOptions, variables: Readonly<Record<string, string>>): Part {
  const { gateway, rooms, listenAddresses } = options
  return {
    name: 'envoy-files',
    command: process.execPath,
    args: [join(rooms, 'envoy/main.ts')],
    env: {
      ...variables,
      ENVOY_FOLDER: envoyFolderOf(gateway),
      ...certificateVariables(options),
      ENVOY_LISTEN_ADDRESSES: listenAddresses.join(','),
    },
    dependsOn: [],
    runsOnce: true,
    terminateMs: ROOM_TERMINATE_MS,
  }
}

function valkeyPart({ store, environment, sockets }: PartsOptions): Part[] {
  if (store.own === undefined) return []
  return [
    {
      name: 'valkey',
      command: store.own.program,
      args: [store.own.configPath],
      env: commonEnvironment(environment),
      dependsOn: [],
      isReady: () =>
        answersPing(join(sockets, SOCKET_NAMES.valkey), store.password?.reveal() ?? ''),
      // Each answered write is on the disk already.
      terminateMs: 800,
    },
  ]
}

function storeEnvironment({ url, password }: Store): Record<string, string> {
  return { REDIS_URL: url, ...(password && { REDIS_PASSWORD: password.reveal() }) }
}
