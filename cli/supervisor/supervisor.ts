/** All parts together: started as soon as what they need is ready, ended in the opposite order. */

import { isPartOf } from '../instance/part-names.ts'
import type { PartStatus } from '../instance/status.ts'
import { Keeper, PartFailure } from './keeper.ts'
import type { LaunchOptions } from './launch.ts'
import { type Part, toWaves } from './part.ts'

export interface Supervisor {
  /** Resolves when every part but the spare ones serves; those start then. @throws PartFailure for the first that will not. */
  start(): Promise<void>
  /**
   * Starts the processes of a part, or of a room, anew, one after the other: each serves before the next one ends.
   * Whoever asks meanwhile comes after.
   * @returns their names; none where there is no such part.
   * @throws PartFailure for the first that does not serve again; those after it are left alone.
   */
  restart(partOrRoom: string): Promise<readonly string[]>
  /** Ends everything; calling again joins the first call. */
  stop(): Promise<void>
  status(): PartStatus[]
  /** Names of those that serve and answer, each asked. Whoever asks meanwhile gets the same. */
  serving(): Promise<ReadonlySet<string>>
}

export interface SupervisorOptions extends LaunchOptions {
  /** All parts together must serve within this time. */
  readonly startMsMax: number
}

export function createSupervisor(parts: readonly Part[], options: SupervisorOptions): Supervisor {
  const waves = toWaves(parts).map((wave) => wave.map((part) => new Keeper(part, options)))
  const keepers = waves.flat()
  let stopping: Promise<void> | undefined
  let restarting: Promise<unknown> = Promise.resolve()
  let asking: Promise<ReadonlySet<string>> | undefined
  return {
    async start() {
      const isSpare = ({ part }: Keeper): boolean => part.isSpare === true
      const needed = keepers.filter((keeper) => !isSpare(keeper))
      await startAll(needed, () => stopping !== undefined, options)
      if (stopping === undefined) startSpares(keepers.filter(isSpare))
    },
    restart(partOrRoom) {
      const meant = keepers.filter(({ part }) => isPartOf(part.name, partOrRoom))
      const work = restarting.then(() => restartInTurn(meant))
      // Whoever asked is told; the next one is not kept from it.
      restarting = work.catch(() => {})
      return work
    },
    stop() {
      stopping ??= stopAll(waves, options)
      return stopping
    },
    status: () => keepers.map((keeper) => keeper.status()),
    serving() {
      asking ??= askAll(keepers).finally(() => {
        asking = undefined
      })
      return asking
    },
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

async function askAll(keepers: readonly Keeper[]): Promise<ReadonlySet<string>> {
  const serving = await Promise.all(keepers.map((keeper) => keeper.isServing()))
  return new Set(keepers.filter((_, index) => serving[index]).map(({ part }) => part.name))
}

async function restartInTurn(keepers: readonly Keeper[]): Promise<readonly string[]> {
  for (const keeper of keepers) await keeper.restart()
  return keepers.map(({ part }) => part.name)
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
