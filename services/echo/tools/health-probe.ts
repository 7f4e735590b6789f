/** `healthProbe`: whether this server is well, by what it can see of itself. */

import { setImmediate as turn } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { z } from 'zod'
import { duration } from '../relative-time.ts'
import { ABOUT, defineReport, NO_ARGUMENTS } from './tool.ts'

const MIB = 1024 * 1024
/** A turn of the event loop that takes longer is felt by everybody. */
const TURN_MS_MAX = 200
/** Of the heap's limit. */
const HEAP_SHARE_MAX = 0.9

export const healthProbeTool = defineReport({
  name: 'healthProbe',
  description: 'Shows whether this server is well: version, uptime, memory, and how busy it is.',
  input: NO_ARGUMENTS,
  output: z.object({
    healthy: z.boolean(),
    problems: z.array(z.string()),
    server: z.string(),
    version: z.string(),
    revision: z.string(),
    uptimeSeconds: z.number(),
    memoryMib: z.number().describe('Resident.'),
    heapShare: z.number().describe('Of what this process may have, 0 to 1.'),
    eventLoopTurnMs: z.number(),
    ownSessions: z.number().optional().describe('Open ones of the caller, in this process.'),
  }),
  async run(_, { revision, session }) {
    const measured = await measure()
    const problems = problemsOf(measured)
    const facts = {
      healthy: problems.length === 0,
      problems,
      server: ABOUT.name,
      version: ABOUT.version,
      revision,
      ...measured,
      ...(session && { ownSessions: session.own().length }),
    }
    return { text: toLines(facts).join('\n'), facts }
  },
})

interface Measured {
  readonly uptimeSeconds: number
  readonly memoryMib: number
  readonly heapShare: number
  readonly eventLoopTurnMs: number
}

async function measure(): Promise<Measured> {
  const before = performance.now()
  await turn()
  const { used_heap_size, heap_size_limit } = getHeapStatistics()
  return {
    uptimeSeconds: Math.floor(process.uptime()),
    memoryMib: Math.round(process.memoryUsage().rss / MIB),
    heapShare: Math.round((used_heap_size / heap_size_limit) * 100) / 100,
    eventLoopTurnMs: Math.round((performance.now() - before) * 10) / 10,
  }
}

export function problemsOf({
  heapShare,
  eventLoopTurnMs,
}: Pick<Measured, 'heapShare' | 'eventLoopTurnMs'>): string[] {
  const seen: [boolean, string][] = [
    [heapShare > HEAP_SHARE_MAX, 'its memory is nearly used up: start the service anew'],
    [
      eventLoopTurnMs > TURN_MS_MAX,
      'it is late: the machine is overloaded, or a call keeps it from the others',
    ],
  ]
  return seen.filter(([isSeen]) => isSeen).map(([, words]) => words)
}

function toLines(facts: Measured & { problems: readonly string[]; revision: string }): string[] {
  const { problems, revision, uptimeSeconds, memoryMib, heapShare, eventLoopTurnMs } = facts
  return [
    problems.length === 0 ? 'Healthy.' : `Not well: ${problems.join('; ')}.`,
    `Server: ${ABOUT.name} ${ABOUT.version}, speaking MCP ${revision} with you`,
    `Running for: ${duration(uptimeSeconds)}`,
    `Memory: ${memoryMib} MiB, ${Math.round(heapShare * 100)} % of the heap it may have`,
    `Event loop: one turn took ${eventLoopTurnMs} ms`,
  ]
}
