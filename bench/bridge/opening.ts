/** New sessions: how long the answer to `initialize` takes, and how many a second can be had. */

import { setTimeout as sleep } from 'node:timers/promises'
import { cpuOf } from '../edge/processes.ts'
import { endSessions } from './calls.ts'
import type { Measured } from './cells.ts'
import type { Contender } from './contenders.ts'
import { createSession, type McpSession } from './mcp-session.ts'
import { descendantsOf } from './processes.ts'
import { quantileOf } from './quantile.ts'

/** Of each bridge, before anything counts: what opens a session is compiled by then, as in months of its life. */
const WARM_UPS = 20

export async function measureOpening(
  { pid, door }: Contender,
  variant: string,
  count: number,
  beforeEach: () => Promise<void> = async () => {},
): Promise<Measured> {
  const times: number[] = []
  let cpu = 0
  for (let number = 0; number < WARM_UPS; number += 1) await openAndEnd(door, number)
  for (let number = WARM_UPS; number < WARM_UPS + count; number += 1) {
    await beforeEach()
    const before = cpuOf(pid)
    times.push(await openAndEnd(door, number))
    cpu += cpuOf(pid) - before
  }
  const numbers = {
    p50Ms: quantileOf(times, 0.5),
    p99Ms: quantileOf(times, 0.99),
    bridgeCpuUs: cpu / count,
  }
  return { variant, numbers }
}

/** Of a server that starts in no time: as many sessions as a gateway opens in a morning. */
const BUSY_OPENINGS = 500

/** As nobody waits for the start of a server that is there already. */
export async function measureOpeningWithSpare(
  contender: Contender,
  count: number,
): Promise<Measured> {
  const { pid, busyDoor } = contender
  if (busyDoor === undefined) throw new Error('nothing to be busy with')
  for (let number = 0; number < BUSY_OPENINGS; number += 1) await openAndEnd(busyDoor, number)
  return await measureOpening(contender, 'with a spare', count, () => untilQuiet(pid))
}

async function openAndEnd(door: Contender['door'], number: number): Promise<number> {
  const session = await createSession(door, number)
  try {
    const took = await session.open()
    // Proof that it is one.
    await session.list()
    return took
  } finally {
    await endSessions([session])
  }
}

export async function measureOpeningAtOnce(
  { pid, door }: Contender,
  width: number,
  count: number,
): Promise<Measured> {
  const opened: McpSession[] = []
  const before = cpuOf(pid)
  const began = performance.now()
  let next = 0
  const keepOpening = async (): Promise<void> => {
    while (next < count) {
      next += 1
      const session = await createSession(door, next)
      opened.push(session)
      await session.open()
    }
  }
  try {
    await Promise.all(Array.from({ length: width }, keepOpening))
    const perSecond = (count * 1000) / (performance.now() - began)
    const bridgeCpuUs = (cpuOf(pid) - before) / count
    return { variant: `${width} at a time`, numbers: { perSecond, bridgeCpuUs } }
  } finally {
    await endSessions(opened)
  }
}

const QUIET_MS = 300
const QUIET_CPU_US = 3000
const QUIET_WITHIN_MS = 15_000

/** Until the servers have started: whoever starts uses the processor. */
async function untilQuiet(pid: number): Promise<void> {
  const deadline = performance.now() + QUIET_WITHIN_MS
  await sleep(QUIET_MS)
  for (let before = sumOfCpu(pid); performance.now() < deadline; ) {
    await sleep(QUIET_MS)
    const now = sumOfCpu(pid)
    if (Math.abs(now - before) < QUIET_CPU_US) return
    before = now
  }
}

function sumOfCpu(pid: number): number {
  let sum = 0
  for (const one of descendantsOf(pid)) {
    try {
      sum += cpuOf(one)
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum
}
