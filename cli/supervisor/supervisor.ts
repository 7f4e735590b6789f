/** All parts together: started as soon as what they need is ready, ended in the opposite order. */

import type { PartStatus } from '../instance/status.ts'
import { Keeper, PartFailure } from './keeper.ts'
import type { LaunchOptions } from './launch.ts'
import { type Part, toWaves } from './part.ts'

export interface Supervisor {
  /** Resolves when every part but the spare ones serves; those start then. @throws PartFailure for the first that will not. */
  start(): Promise<void>
  /** Ends everything; calling again joins the first call. */
  stop(): Promise<void>
  status(): PartStatus[]
}

export interface SupervisorOptions extends LaunchOptions {
  /** All parts together must serve within this time. */
  readonly startMsMax: number
}

export function createSupervisor(parts: readonly Part[], options: SupervisorOptions): Supervisor {
  const waves = toWaves(parts).map((wave) => wave.map((part) => new Keeper(part, options)))
  const keepers = waves.flat()
  let stopping: Promise<void> | undefined
  return {
    async start() {
      const isSpare = ({ part }: Keeper): boolean => part.isSpare === true
      const needed = keepers.filter((keeper) => !isSpare(keeper))
      await startAll(needed, () => stopping !== undefined, options)
      if (stopping === undefined) startSpares(keepers.filter(isSpare))
    },
    stop() {
      stopping ??= stopAll(waves, options)
      return stopping
    },
    status: () => keepers.map((keeper) => keeper.status()),
  }
}

async function startAll(
  keepers: readonly Keeper[],
  isStopping: () => boolean,
  { startMsMax }: SupervisorOptions,
): Promise<void> {
  const waiting = new Set(keepers.map(({ part }) => part.name))
  const started = new Map<string, Promise<void>>()
  const begin = async (keeper: Keeper): Promise<void> => {
    const { part } = keeper
    await Promise.all(part.dependsOn.map((name) => started.get(name)))
    if (isStopping()) return
    await keeper.start()
    waiting.delete(part.name)
  }
  // In the order of the waves, so that what a part depends on is already in the map.
  for (const keeper of keepers) started.set(keeper.part.name, begin(keeper))
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const names = [...waiting].join(', ')
    reject(new PartFailure(names, `not ready after ${startMsMax / 1000} s`))
  }, startMsMax)
  try {
    await Promise.race([Promise.all(started.values()), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Nobody waits for them: how they fare is in the status. */
function startSpares(keepers: readonly Keeper[]): void {
  for (const keeper of keepers) {
    keeper.start().catch(() => {
      // Told to stop before it served.
    })
  }
}

const STOP_ALL_WAITS = { inputEndMs: 0, terminateMs: 200 }

async function stopAll(
  waves: readonly (readonly Keeper[])[],
  { groups }: SupervisorOptions,
): Promise<void> {
  for (const wave of waves.toReversed()) await Promise.all(wave.map((keeper) => keeper.stop()))
  await groups.stopAll(STOP_ALL_WAITS)
}
