/** What is to run: programs found, ports free, the store configured; the table of parts at the end. */

import { join } from 'node:path'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import type { Context } from '../context.ts'
import { findProgram } from '../embedded/find-program.ts'
import { prepareServices } from '../embedded/packages/prepare-services.ts'
import { ENVOY, type FoundProgram, VALKEY } from '../embedded/program.ts'
import type { Progress } from '../embedded/progress.ts'
import { hasIpv6Loopback, requireFreePorts } from '../instance/ports.ts'
import { type StorePlace, withConnection } from '../instance/store.ts'
import { ownVersion } from '../release/own-version.ts'
import type { Part } from '../supervisor/part.ts'
import { toParts } from '../supervisor/parts.ts'
import type { PartsOptions, Store } from '../supervisor/parts-options.ts'
import { socketsIn } from '../supervisor/room-sockets.ts'
import { writeValkeyConfig } from '../supervisor/valkey-config.ts'
import { planCertificates } from './certificates.ts'
import { listenAddresses } from './listen-addresses.ts'
import type { Settings } from './settings.ts'

export interface Plan {
  readonly parts: readonly Part[]
  readonly versions: Readonly<Record<string, string>>
}

export interface PlanOptions {
  readonly context: Context
  readonly settings: Settings
  readonly sockets: string
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly servedNow: PartsOptions['servedNow']
}

/** Refuses before anything is started. */
export async function makePlan(options: PlanOptions): Promise<Plan> {
  const { context, settings, sockets } = options
  const { gateway } = settings
  const addresses = listenAddresses(gateway.addresses, await hasIpv6Loopback())
  await requireFreePorts([
    { variable: 'GATEWAY_PORT', port: gateway.port, addresses },
    { variable: 'GATEWAY_ADMIN_PORT', port: gateway.adminPort, addresses: ['127.0.0.1'] },
    { variable: 'GATEWAY_METRICS_PORT', port: gateway.metricsPort, addresses: ['127.0.0.1'] },
  ])
  if (settings.externalStore) await reachStore(settings.externalStore, options.progress)
  const certificates = await planCertificates(options, addresses)
  const { envoy, valkey } = await findPrograms(options)
  const { environment } = context
  await prepareServices(gateway.services, { ...options, environment })
  const parts = toParts({
    gateway,
    environment: { ...context.environment, LOG_LEVEL: settings.logLevel },
    rootSecret: settings.rootSecret,
    rooms: context.rooms,
    processes: settings.processes,
    socketAt: socketsIn(sockets),
    store: toStore(settings, sockets, valkey),
    envoyProgram: envoy.path,
    listenAddresses: addresses,
    certificates,
    supervisorFigures: join(sockets, SOCKET_NAMES.supervisorFigures),
    servedNow: options.servedNow,
  })
  const versions = {
    gateway: ownVersion(),
    node: process.versions.node,
    envoy: envoy.version,
    ...(valkey && { valkey: valkey.version }),
  }
  return { parts, versions }
}

/** One that starts together with this machine takes a moment. */
const STORE_PATIENCE_MS = 15_000
const STORE_COMMAND_MS = 2000

/** What is wrong with a store of the operator's is said here, and once: not by each part that would need it. */
async function reachStore(place: StorePlace, progress: Progress): Promise<void> {
  const task = progress.begin('reaching the store')
  const options = { ...place, commandTimeoutMs: STORE_COMMAND_MS }
  await withConnection(options, STORE_PATIENCE_MS, async () => {}).finally(() => task.end())
}

async function findPrograms({
  context,
  settings,
  progress,
  signal,
}: PlanOptions): Promise<{ envoy: FoundProgram; valkey: FoundProgram | undefined }> {
  const { stateDirectory } = settings.gateway
  const options = { environment: context.environment, stateDirectory, progress, signal }
  const [envoy, valkey] = await Promise.all([
    findProgram(ENVOY, options),
    settings.externalStore === undefined ? findProgram(VALKEY, options) : undefined,
  ])
  return { envoy, valkey }
}

function toStore(
  { gateway, rootSecret, externalStore, fsync }: Settings,
  sockets: string,
  valkey: FoundProgram | undefined,
): Store {
  if (externalStore !== undefined || valkey === undefined)
    return { url: '', password: undefined, ...externalStore, own: undefined }
  const socketPath = join(sockets, SOCKET_NAMES.valkey)
  const password = deriveSecret(rootSecret, 'redis')
  const folder = join(gateway.stateDirectory, 'valkey')
  const configPath = writeValkeyConfig({ folder, socketPath, password, fsync })
  return {
    url: `unix://${encodeURI(socketPath)}`,
    password,
    own: { program: valkey.path, configPath },
  }
}
