/** What is left of the servers when their sessions, or their bridge, have ended. */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endSessions, openSessions } from './calls.ts'
import type { Measured } from './cells.ts'
import type { Contender } from './contenders.ts'
import { processesWith } from './processes.ts'
import type { Command, World } from './world.ts'

export const WAYS_TO_END = ['DELETE', 'SIGTERM', 'SIGKILL'] as const
type Way = (typeof WAYS_TO_END)[number]

const SESSIONS = 5
/** Beyond what any of them grants a server to end by itself. */
const GONE_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 100

/** For a server that ends as it should, and for one that must be made to. */
export async function measureEnding(
  way: Way,
  world: World,
  start: (server: Command) => Promise<Contender>,
): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (const manner of ['', 'stubborn']) {
    const folder = mkdtempSync(join(world.folder, 'ending-'))
    const program = join(folder, 'server')
    copyFileSync(world.servers.tiny[0], program)
    const contender = await start([program, ...(manner === '' ? [] : [manner])])
    const left = await endAndCount(way, contender, folder)
    rmSync(folder, { recursive: true })
    measured.push({ variant: `${way}${manner && `, ${manner}`}`, numbers: { left } })
  }
  return measured
}

async function endAndCount(way: Way, contender: Contender, word: string): Promise<number> {
  const sessions = await openSessions(contender.door, SESSIONS)
  for (const session of sessions) await session.call()
  if (way === 'DELETE') await endSessions(sessions)
  else if (way === 'SIGTERM') await contender.stop()
  else await contender.kill()
  const isBridge = (pid: number): boolean => way === 'DELETE' && pid === contender.pid
  const remaining = (): readonly number[] => processesWith(word).filter((pid) => !isBridge(pid))
  const deadline = performance.now() + GONE_WITHIN_MS
  while (remaining().length > 0 && performance.now() < deadline) await sleep(LOOK_EVERY_MS)
  const left = remaining()
  for (const session of sessions) session.close()
  if (way === 'DELETE') await contender.stop()
  for (const pid of processesWith(word)) process.kill(pid, 'SIGKILL')
  return left.length
}
