/** What is to run: programs found, ports free, the store configured; the table of parts at the end. */

import { join } from 'node:path'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import type { Context } from '../context.ts'
import { findProgram } from '../embedded/find-program.ts'
import { prepareServices } from '../embedded/packages/prepare-services.ts'
import { ENVOY, type FoundProgram, VALKEY } from '../embedded/program.ts'
import type { Progress } from '../embedded/progress.ts'
import type { StorePlace } from '../instance/store.ts'
import { ownVersion } from '../release/own-version.ts'
import type { Part } from '../supervisor/part.ts'
import { toParts } from '../supervisor/parts.ts'
import type { PartsOptions, Store } from '../supervisor/parts-options.ts'
import { socketsIn } from '../supervisor/room-sockets.ts'
import { writeValkeyConfig } from '../supervisor/valkey-config.ts'
import { planCertificates } from './certificates.ts'
import { portsOf, reachStore, requirePorts } from './outside.ts'
import type { Settings } from './settings.ts'

export interface Plan {
  readonly parts: readonly Part[]
  readonly versions: Readonly<Record<string, string>>
  /** Where it listens. */
  readonly ports: readonly number[]
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
  const addresses = await requirePorts(gateway)
  if (settings.externalStore) await awaitStore(settings.externalStore, options.progress)
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
  return { parts, versions, ports: portsOf(gateway, certificates) }
}

/** What is wrong with a store of the operator's is said here, and once: not by each part that would need it. */
async function awaitStore(place: StorePlace, progress: Progress): Promise<void> {
  const task = progress.begin('reaching the store')
  await reachStore(place).finally(() => task.end())
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
