/** What is left of a run beside what was acknowledged: processes, descriptors, and a store that can write. */

import { withConnection } from '../../../cli/instance/store.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Inventory, moreThan } from '../world/inventory.ts'
import type { World } from '../world/world.ts'

const SOUND = [
  'loading:0',
  'aof_enabled:1',
  'aof_last_write_status:ok',
  'aof_last_bgrewrite_status:ok',
  'rdb_last_bgsave_status:ok',
]

const ANSWER_MS_MAX = 5000

/** @returns what the store says of itself. */
export async function readInformation({ store }: Pick<World, 'store'>): Promise<string> {
  const options = { ...store, commandTimeoutMs: ANSWER_MS_MAX }
  return await withConnection(options, ANSWER_MS_MAX, (redis) => redis.info())
}

export function judgeStore(information: string, ledger: Ledger): void {
  const said = new Set(information.split('\r\n'))
  for (const line of SOUND) if (!said.has(line)) ledger.report('store-unsound', `not ${line}`)
}

export function judgeInventory(before: Inventory, after: Inventory, ledger: Ledger): void {
  const { processes, descriptors } = moreThan(before, after)
  for (const words of processes) ledger.report('process-unaccounted', words)
  for (const words of descriptors) ledger.report('descriptor-unaccounted', words)
}

/**
 * After a fault is over everything is served again within this time: the longest pause between two starts is ten
 * seconds.
 */
export const BACK_WITHIN_MS = 20_000

/** @param backMs undefined when nobody was served within the bound. */
export function judgeOutage(what: string, backMs: number | undefined, ledger: Ledger): void {
  if (backMs !== undefined) return
  ledger.report('outage-too-long', `${what}: not served within ${BACK_WITHIN_MS} ms`)
}
