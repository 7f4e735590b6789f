/** Processes that only sessions use which were unused for a while: one of them ends when all places are taken. */

import { whatGivesWay } from '../giving-way.ts'
import type { Launched } from './launcher.ts'
import type { ProcessUser } from './process-user.ts'
import type { ServerProcess } from './server-process.ts'

interface Held {
  readonly user: string
  readonly process: ServerProcess
}

/**
 * @param running whose they are; those of nobody in particular, and what runs elsewhere, do not count.
 * @param unused since when these were unused; whoever is not among them is in use.
 */
export function unusedProcess(
  running: readonly Launched[],
  unused: ReadonlyMap<unknown, number>,
  applicant: string | undefined,
): ServerProcess | undefined {
  const held = running.filter(({ process: { service } }) => service.launch.kind !== 'remote')
  const ofPersons = held.flatMap(({ userId, process }): Held[] =>
    userId === undefined ? [] : [{ user: userId, process }],
  )
  const counts = new Map<string, number>()
  for (const { user } of ofPersons) counts.set(user, (counts.get(user) ?? 0) + 1)
  const candidates = ofPersons
    .filter(({ process }) => !process.isStopping && process.users.size > 0)
    .map((one) => ({ ...one, usedAt: usedAt(one.process.users, unused) }))
    .filter((one) => one.usedAt !== Number.POSITIVE_INFINITY)
  return whatGivesWay(candidates, (user) => counts.get(user) ?? 0, applicant)?.process
}

/** By whoever used it last. */
function usedAt(users: ReadonlySet<ProcessUser>, unused: ReadonlyMap<unknown, number>): number {
  return Math.max(...[...users].map((user) => unused.get(user) ?? Number.POSITIVE_INFINITY))
}
