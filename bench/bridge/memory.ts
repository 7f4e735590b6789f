/** What open sessions hold: memory of the bridge, memory of the servers, processes. */

import { residentMegabytesOf } from '../edge/processes.ts'
import { endSessions } from './calls.ts'
import type { Measured } from './cells.ts'
import type { Contender } from './contenders.ts'
import { createSession, type McpSession } from './mcp-session.ts'
import { descendantsOf, proportionalMegabytesOf } from './processes.ts'

const COUNTS = [1, 20, 100]
/** Each session is used before it is measured. */
const CALLS = 10

export async function measureMemory({ pid, door }: Contender): Promise<readonly Measured[]> {
  const sessions: McpSession[] = []
  const measured: Measured[] = []
  try {
    for (const count of COUNTS) {
      while (sessions.length < count) sessions.push(await openUsed(door, sessions.length))
      const below = descendantsOf(pid)
      const numbers = {
        bridgeMb: residentMegabytesOf(pid),
        serversMb: below.reduce((sum, one) => sum + proportionalMegabytesOf(one), 0),
        processes: below.length,
      }
      measured.push({ variant: String(count), numbers })
    }
    return measured
  } finally {
    await endSessions(sessions)
  }
}

async function openUsed(door: Contender['door'], number: number): Promise<McpSession> {
  const session = await createSession(door, number)
  await session.open()
  for (let call = 0; call < CALLS; call += 1) await session.call()
  return session
}
