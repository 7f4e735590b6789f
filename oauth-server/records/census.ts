/**
 * How many grants there are, for Prometheus: counted when somebody looks, in the background, and not more
 * often than is good for the store. Whoever looks is told the last count.
 */

import type { Figures } from '../../lib/platform/figures.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Families } from '../families.ts'
import { type Resources, serviceOf } from '../resources.ts'

export interface CensusPorts {
  readonly families: Pick<Families, 'users' | 'grants' | 'grantRecords'>
  readonly resources: Resources
  /** Of clients that act for themselves. */
  readonly machines: readonly string[]
  readonly log: Log
}

interface Count {
  readonly grants: ReadonlyMap<string, number>
  readonly people: number
}

const COUNTED_AGAIN_MS = 60_000
/** A count that takes a second is not taken up again for so many. */
const REST_PER_WORK = 30

export function tellCensus(figures: Figures, ports: CensusPorts): void {
  const { log } = ports
  let last: Count | undefined
  /** In `performance.now()`, which nobody sets. */
  let dueAt = Number.NEGATIVE_INFINITY

  const countInBackground = (): void => {
    const beganAt = performance.now()
    if (beganAt < dueAt) return
    dueAt = Number.POSITIVE_INFINITY
    countEverybody(ports)
      .then((count) => {
        last = count
      })
      .catch((error: unknown) => log.debug({ err: error }, 'grants could not be counted'))
      .finally(() => {
        const now = performance.now()
        dueAt = now + Math.max(COUNTED_AGAIN_MS, REST_PER_WORK * (now - beganAt))
      })
  }

  figures.gauges(
    'grants',
    'Grants that are alive, by service, as last counted.',
    ['service'],
    () => {
      countInBackground()
      return Iterator.from(last?.grants ?? []).map(([service, count]) => [[service], count])
    },
  )
  figures.gauge('people', 'People with a record here, as last counted.', () => last?.people)
}

async function countEverybody(ports: CensusPorts): Promise<Count> {
  const { users, grants } = ports.families
  const found = new Map<string, number>()
  const people = new Set<string>()
  let from: string | undefined
  do {
    const page = await users.page(from)
    // Who is on several pages is counted once.
    const fresh = page.ids.filter((id) => !people.has(id))
    for (const id of fresh) people.add(id)
    const subs = from === undefined ? [...ports.machines, ...fresh] : fresh
    const ids = await Promise.all(subs.map((sub) => grants.ofUser(sub)))
    await countGrants(ports, ids.flat(), found)
    from = page.next
  } while (from !== undefined)
  return { grants: found, people: people.size }
}

async function countGrants(
  { families, resources }: CensusPorts,
  ids: readonly string[],
  found: Map<string, number>,
): Promise<void> {
  for (const { grant } of await families.grantRecords.describe(ids)) {
    const service = serviceOf(resources, grant.resource) ?? 'none'
    found.set(service, (found.get(service) ?? 0) + 1)
  }
}
