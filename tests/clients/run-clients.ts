/** Tries clients against one gateway, some at once, and counts each column of each as a test. */

import type { Counts } from '../runner/tap.ts'
import { type ClientDriver, COLUMNS } from './driver.ts'
import { type ClientResult, type Outcome, tryClient } from './try-client.ts'
import { LIFETIME_SECONDS, startWorld } from './world.ts'

/** Mostly they wait for the end of a token. */
const AT_ONCE = 4

export interface ClientsRun {
  readonly results: readonly ClientResult[]
  readonly counts: Counts
}

export async function runClients(drivers: readonly ClientDriver[]): Promise<ClientsRun> {
  const groups = Map.groupBy(drivers, ({ lifetimeSeconds }) => lifetimeSeconds ?? LIFETIME_SECONDS)
  const runs = [...groups].map(([lifetimeSeconds, group]) => runTogether(group, lifetimeSeconds))
  const results = (await Promise.all(runs)).flat()
  const order = drivers.map(({ name }) => name)
  results.sort((left, right) => order.indexOf(left.name) - order.indexOf(right.name))
  return { results, counts: count(results) }
}

/** Against one gateway. */
async function runTogether(
  drivers: readonly ClientDriver[],
  lifetimeSeconds: number,
): Promise<ClientResult[]> {
  const names = drivers.map(({ name }) => name)
  const world = await startWorld(names, lifetimeSeconds)
  const results: ClientResult[] = []
  const waiting = [...drivers]
  const work = async (): Promise<void> => {
    for (let driver = waiting.shift(); driver !== undefined; driver = waiting.shift()) {
      const result = await tryClient(driver, world)
      results.push(result)
      for (const line of toLines(result)) console.log(line)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    await world.remove()
  }
  return results
}

/** What a client lacks of its own is no success of ours, and no failure. */
const SIGNS: Readonly<Record<keyof Counts, string>> = { passed: '✔', failed: '✘', skipped: '-' }

function kindOf({ state, isLack }: Outcome): keyof Counts {
  if (state === 'yes') return 'passed'
  return state === 'no' && isLack !== true ? 'failed' : 'skipped'
}

function toLines({ title, columns }: ClientResult): string[] {
  return COLUMNS.map((column) => {
    const outcome = columns[column]
    const words = outcome.why === undefined ? '' : ` (${outcome.state}: ${outcome.why})`
    return `${SIGNS[kindOf(outcome)]} ${title}: ${column}${words}`
  })
}

function count(results: readonly ClientResult[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { columns } of results) {
    for (const column of COLUMNS) counts[kindOf(columns[column])] += 1
  }
  return counts
}
