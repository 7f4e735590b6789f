/**
 * Where there is no place for one more process, something that nobody uses ends: spares first, then what is idle,
 * then what only sessions use that were left behind.
 */

import { STOP_WAITS } from '../limits.ts'
import type { Idle } from './idle.ts'
import type { Launched } from './launcher.ts'
import type { Applicant, Full } from './places.ts'
import type { ServerProcess } from './server-process.ts'
import type { Spares } from './spares.ts'
import { unusedProcess } from './unused-processes.ts'

export interface UnusedSessions {
  /** Ends a session of the person that has not been used for a while, if there is one. */
  readonly endUnused: (userId: string, service: string | undefined) => void
  /** Sessions of anybody that have not been used for a while, and since when. */
  readonly unusedSessions: () => ReadonlyMap<unknown, number>
}

export interface Candidates extends UnusedSessions {
  readonly spares: Pick<Spares, 'giveWay'>
  readonly idle: Pick<Idle<ServerProcess>, 'endOne'>
  readonly running: readonly Launched[]
  /** How many wait for a place. */
  readonly waiting: number
}

export function makeWay(
  full: Full,
  { service, userId }: Applicant,
  { spares, idle, endUnused, ...others }: Candidates,
): void {
  if (full === 'all' && spares.giveWay()) return
  const isMeant = (process: ServerProcess): boolean =>
    full === 'all' ||
    (isOf(userId, process, others.running) && (full === 'user' || process.service.name === service))
  if (idle.endOne(isMeant)) return
  if (full === 'all') endUnusedOfAnybody(userId, others)
  else if (userId !== undefined) endUnused(userId, full === 'service' ? service : undefined)
}

/** Not more of them than somebody waits for. */
function endUnusedOfAnybody(
  applicant: string | undefined,
  { running, waiting, unusedSessions }: Pick<Candidates, 'running' | 'waiting' | 'unusedSessions'>,
): void {
  const ending = running.filter(({ process }) => process.isStopping)
  if (ending.length >= waiting) return
  const process = unusedProcess(running, unusedSessions(), applicant)
  void process?.stop(STOP_WAITS)
}

function isOf(
  userId: string | undefined,
  process: ServerProcess,
  running: readonly Launched[],
): boolean {
  const launched = running.find((one) => one.process === process)
  return userId !== undefined && launched?.userId === userId
}
