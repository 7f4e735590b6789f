/** The gateway under test: as a user starts it, with a service of each kind, and the means to break it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { findGateway, requestRestart } from '../../../cli/instance/control-client.ts'
import { readRootSecret } from '../../../cli/instance/root-secret.ts'
import { readProcesses, type ServiceProcess } from '../../../cli/instance/service-processes.ts'
import type { PartStatus } from '../../../cli/instance/status.ts'
import { type StorePlace, storeOf } from '../../../cli/instance/store.ts'
import { fixture } from '../../support/bridge.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { createGatewayCommand, type GatewayCommand } from '../../support/gateway-command.ts'
import { prepareClock, type ShiftedClock } from '../faults/clock.ts'
import { mountDisk, type SmallDisk } from '../faults/disk.ts'
import type { Target } from '../seeded/plan.ts'

export interface World {
  readonly gateway: TestGateway
  readonly stateDirectory: string
  readonly command: GatewayCommand
  readonly store: StorePlace
  readonly clock: ShiftedClock | undefined
  readonly disk: SmallDisk | undefined
  /** Targets that cannot be had here, with why. */
  readonly missing: ReadonlyMap<Target, string>
  parts(): Promise<readonly PartStatus[]>
  /** MCP servers that run now. */
  children(): Promise<readonly ServiceProcess[]>
  restart(part: string): Promise<void>
  stop(): Promise<void>
}

/** A server that nobody uses ends soon: they come and go, and at last none is left. */
const IDLE_SECONDS = 5

/** Whoever was cut off from their session leaves it behind: it ends soon, and so does its server. */
const SESSION_SECONDS = 20

const FILE = stringify({
  mcpServers: {
    shared: fixture('remembers.ts', { isolation: 'shared', idle: IDLE_SECONDS }),
    mine: fixture('remembers.ts', { isolation: 'user', idle: IDLE_SECONDS }),
  },
})

/** @param environment what the operator has set beside what the run itself needs. */
export async function startWorld(
  targets: readonly Target[],
  environment: Readonly<Record<string, string>> = {},
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'))
  const stateDirectory = join(folder, '.gateway')
  const missing = new Map<Target, string>()
  const unless = <Means>(target: Target, prepare: () => Means | string): Means | undefined => {
    if (!targets.includes(target)) return undefined
    const means = prepare()
    if (typeof means !== 'string') return means
    missing.set(target, means)
    return undefined
  }
  const valkey = process.env['VALKEY_BIN'] ?? ''
  const clock = unless('clock', () => prepareClock(folder, valkey))
  const disk = unless('disk', () => mountDisk(join(stateDirectory, 'valkey')))
  const leave = (): void => {
    disk?.unmount()
    clock?.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const gateway = await startGateway({
      folder,
      asShipped: true,
      file: FILE,
      environment: {
        RATE_LIMIT_FACTOR: '0',
        LOG_LEVEL: 'warn',
        SESSION_TIMEOUT: String(SESSION_SECONDS),
        ...environment,
        ...(clock && { VALKEY_BIN: clock.program }),
      },
    })
    return {
      ...(await toWorld(gateway, stateDirectory)),
      clock,
      disk,
      missing,
      stop: stopping(gateway, leave),
    }
  } catch (error) {
    leave()
    throw error
  }
}

/** Calling again joins the first call. */
function stopping(gateway: TestGateway, leave: () => void): () => Promise<void> {
  let stopped: Promise<unknown> | undefined
  return async () => {
    stopped ??= gateway.stop().finally(leave)
    await stopped
  }
}

async function toWorld(gateway: TestGateway, stateDirectory: string) {
  const found = await findGateway(stateDirectory, process.env)
  if (found === undefined) throw new Error('the gateway does not answer')
  const { socketPath } = found
  const parts = async (): Promise<readonly PartStatus[]> =>
    (await findGateway(stateDirectory, process.env))?.status.parts ?? []
  return {
    gateway,
    stateDirectory,
    command: createGatewayCommand(gateway.folder),
    store: storeOf(socketPath, readRootSecret(process.env, stateDirectory)),
    parts,
    children: () => readProcesses(dirname(socketPath)),
    async restart(part: string) {
      await requestRestart(socketPath, part)
    },
  }
}
