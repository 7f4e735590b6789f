/** `requestTiming`: how long this server took, and how to see what the rest of the way took. */

import { memoryUsage } from 'node:process'
import { z } from 'zod'
import { headerText } from '../../native/arrival.ts'
import { duration } from '../relative-time.ts'
import { defineReport, NO_ARGUMENTS } from './tool.ts'

/** Milliseconds below which a rating holds. */
const RATINGS: readonly (readonly [words: string, belowMs: number])[] = [
  ['excellent', 10],
  ['good', 50],
  ['fair', 100],
  ['slow', Number.POSITIVE_INFINITY],
]

const MIB = 1024 * 1024

export const requestTimingTool = defineReport({
  name: 'requestTiming',
  description: 'Shows how long this server took from the request to this answer.',
  input: NO_ARGUMENTS,
  output: z.object({
    receivedAt: z.string().describe('ISO 8601.'),
    elapsedMs: z.number(),
    rating: z.string(),
    cpuSeconds: z.number().describe('Of this process since its start.'),
    memoryMib: z.number().describe('Resident, of this process.'),
    requestId: z.string().optional(),
    sessionAgeSeconds: z.number().optional(),
  }),
  run(_, { headers, arrivedAtMs, session }) {
    const now = performance.now()
    const elapsedMs = toTenths(now - arrivedAtMs)
    const requestId = headerText(headers, 'x-request-id')
    const { user, system } = process.cpuUsage()
    const facts = {
      receivedAt: new Date(Date.now() - (now - arrivedAtMs)).toISOString(),
      elapsedMs,
      rating: rate(elapsedMs),
      cpuSeconds: toTenths((user + system) / 1e6),
      memoryMib: toTenths(memoryUsage().rss / MIB),
      ...(requestId !== '' && { requestId }),
      ...(session && { sessionAgeSeconds: Math.floor((now - session.openedAt) / 1000) }),
    }
    return { text: toLines(facts).join('\n'), facts }
  },
})

export function rate(elapsedMs: number): string {
  return RATINGS.find(([, below]) => elapsedMs < below)?.[0] ?? ''
}

function toLines(facts: {
  receivedAt: string
  elapsedMs: number
  rating: string
  cpuSeconds: number
  memoryMib: number
  requestId?: string
  sessionAgeSeconds?: number
}): string[] {
  const { requestId, sessionAgeSeconds } = facts
  return [
    `Request arrived here: ${facts.receivedAt}`,
    `Time in this server: ${facts.elapsedMs} ms (${facts.rating})`,
    `This process: ${facts.cpuSeconds} s of processor time since its start, ${facts.memoryMib} MiB of memory`,
    ...(sessionAgeSeconds === undefined ? [] : [`Session: ${duration(sessionAgeSeconds)} old`]),
    ...(requestId === undefined
      ? []
      : [
          `Request id: ${requestId}`,
          `The time before this server is in the gateway's log: gateway logs --request ${requestId}`,
        ]),
  ]
}

function toTenths(value: number): number {
  return Math.round(value * 10) / 10
}
