/** Every process of a gateway and every descriptor of each: what there is, and what there should be. */

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findLeftovers, instanceOf } from '../../../cli/instance/leftovers.ts'
import { zombiesOf } from '../../support/process-figures.ts'
import type { World } from './world.ts'

export interface Inventory {
  /** How many processes there are of each command line. */
  readonly processes: ReadonlyMap<string, number>
  /** Open descriptors of each command line, all its processes together. */
  readonly descriptors: ReadonlyMap<string, number>
  readonly zombies: number
}

export interface NamedProcess {
  readonly pid: number
  readonly command: string
}

/** The gateway, and whatever it has started. */
export function pidsOf({
  gateway,
  stateDirectory,
}: Pick<World, 'gateway' | 'stateDirectory'>): readonly NamedProcess[] {
  const pids = new Set([gateway.process.pid ?? 0, ...findLeftovers(instanceOf(stateDirectory))])
  return [...pids].flatMap((pid) => {
    const command = commandOf(pid)
    return command === undefined ? [] : [{ pid, command }]
  })
}

export function takeInventory(world: Pick<World, 'gateway' | 'stateDirectory'>): Inventory {
  const found = pidsOf(world)
  const processes = new Map<string, number>()
  const descriptors = new Map<string, number>()
  for (const { pid, command } of found) {
    processes.set(command, (processes.get(command) ?? 0) + 1)
    descriptors.set(command, (descriptors.get(command) ?? 0) + descriptorsOf(pid))
  }
  const zombies = found.flatMap(({ pid }) => zombiesOf(pid)).length
  return { processes, descriptors, zombies }
}

/** Short enough to read, long enough to tell one room from another. */
function commandOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((word) => word !== '')
    const short = words.map((word) => word.split('/').slice(-2).join('/'))
    return short.join(' ').slice(0, 100) || undefined
  } catch {
    return undefined
  }
}

export function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    // It has ended meanwhile.
    return 0
  }
}

/** Connections come and go, pools grow to their size: less than this is no leak. */
const DESCRIPTORS_MORE = 16

/** What there is more of than at the beginning, in words. */
export function moreThan(before: Inventory, after: Inventory) {
  const processes = [...after.processes].flatMap(([command, count]) => {
    const was = before.processes.get(command) ?? 0
    return count > was ? [`${command}: ${was} at first, ${count} at last`] : []
  })
  const missing = [...before.processes].flatMap(([command, was]) => {
    const count = after.processes.get(command) ?? 0
    return count < was ? [`${command}: ${was} at first, ${count} at last`] : []
  })
  const descriptors = [...after.descriptors].flatMap(([command, count]) => {
    const was = before.descriptors.get(command) ?? 0
    return count > was + DESCRIPTORS_MORE ? [`${command}: ${was} at first, ${count} at last`] : []
  })
  const zombies = after.zombies > 0 ? [`${after.zombies} that nobody has waited for`] : []
  return { processes: [...processes, ...missing, ...zombies], descriptors }
}

const UNCHANGED_MS = 3000

/** Looks until nothing comes and goes any more. Servers that still run for somebody are to go: they do not count. */
export async function takeInventoryAtRest(world: World): Promise<Inventory> {
  const look = (): string => JSON.stringify([...takeInventory(world).processes].sort())
  let [seen, since] = [look(), performance.now()]
  while (performance.now() - since < UNCHANGED_MS) {
    await sleep(500)
    const now = look()
    if (now !== seen) [seen, since] = [now, performance.now()]
  }
  const { processes, descriptors, zombies } = takeInventory(world)
  return { processes: withoutChildren(processes), descriptors, zombies }
}

function withoutChildren(processes: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...processes].filter(([command]) => !command.includes('fixtures/')))
}

/** Looks again until there is nothing more than at the beginning, as long as it may take. */
export async function settle(
  world: World,
  before: Inventory,
  withinMs: number,
): Promise<Inventory> {
  const until = performance.now() + withinMs
  for (;;) {
    const inventory = takeInventory(world)
    const { processes, descriptors } = moreThan(before, inventory)
    const isSettled = processes.length === 0 && descriptors.length === 0
    if (isSettled || performance.now() > until) return inventory
    await sleep(500)
  }
}
