/** Many sessions that are opened, used and abandoned, and what is left of them in the bridge and its store. */

import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { type Bridge, fixture, startBridge } from './bridge.ts'
import { provesItself, type Visit, WAYS, type Way } from './ways-to-leave.ts'

const PRELOAD = join(import.meta.dirname, '../fixtures/tells-what-lives.ts')
/** For a bridge that is to tell what lives in it. */
export const TELLING = `--expose-gc --import=${PRELOAD}`
const SESSION_TIMEOUT_SECONDS = 2
const ISOLATIONS = ['session', 'user', 'shared'] as const
type Isolation = (typeof ISOLATIONS)[number]

export interface Remains {
  /** Of whatever kind: each by its name. */
  readonly counts: Readonly<Record<string, number>>
  readonly bytes: number
}

export interface Trial {
  readonly before: Remains
  readonly after: Remains
  readonly sessions: number
  /** What went wrong on the way, by the way to leave. */
  readonly failures: readonly string[]
}

/** As many sessions beforehand are enough for everything that is made once. */
export async function tryLeaving(sessions: number, warmUp: number): Promise<Trial> {
  const bridge = await startBridge({
    services: toServices(),
    environment: {
      LOG_LEVEL: 'warn',
      // Counting what lives takes long.
      MCP_BRIDGE_LEASE_MS: '120000',
      SESSION_TIMEOUT: String(SESSION_TIMEOUT_SECONDS),
      NODE_OPTIONS: TELLING,
    },
  })
  try {
    const redis = await bridge.valkey.connect()
    const revocations = redisRevocations(redis)
    // What was issued before it began is refused.
    await sleep((await revocations.ensureEpoch()) * 1000 - Date.now())
    const revoke = async (grant: string): Promise<void> => {
      await revocations.revoke('grant', grant, Math.floor(Date.now() / 1000) + 1)
    }
    const world = { bridge, revoke }
    await Promise.all(ISOLATIONS.map((one) => provesItself(toVisit(world, one, 0))))
    await leaveAll(world, warmUp)
    const before = await takeStock(bridge, redis)
    const failures = await leaveAll(world, sessions)
    const after = await takeStock(bridge, redis)
    return { before, after, sessions, failures }
  } finally {
    await bridge.stop()
  }
}

/** Others each time. */
function toServices(): Readonly<Record<string, object>> {
  const env = { TRIAL: randomUUID() }
  return Object.fromEntries(
    ISOLATIONS.map((isolation) => [isolation, fixture('works-slowly.ts', { isolation, env })]),
  )
}

type World = Pick<Visit, 'bridge' | 'revoke'>

/** At once: enough that they meet each other, few enough that a person's sessions stay within bounds. */
const AT_ONCE = 6
const STUCK_MS = 30_000

async function leaveAll(world: World, count: number): Promise<readonly string[]> {
  const ways = Object.entries(WAYS)
  const failures: string[] = []
  let next = 0
  const keepLeaving = async (): Promise<void> => {
    while (next < count) {
      const number = next
      next += 1
      const isolation = ISOLATIONS[number % ISOLATIONS.length] ?? 'session'
      const [name, way] = ways[Math.floor(number / ISOLATIONS.length) % ways.length] ?? []
      if (name === undefined || way === undefined) continue
      const what = await failureOf(way, toVisit(world, isolation, number))
      if (what !== undefined) failures.push(`${name}, ${isolation}: ${what}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, keepLeaving))
  return failures
}

async function failureOf(way: Way, visit: Visit): Promise<string | undefined> {
  const limit = new AbortController()
  const stuck = sleep(STUCK_MS, 'it never came to an end', { signal: limit.signal }).catch(() => '')
  try {
    return await Promise.race([way(visit).then(() => undefined), stuck])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    limit.abort()
  }
}

/** Few people share the processes of `user`; elsewhere each visit is another person's. */
const SHARING = 5

function toVisit(world: World, isolation: Isolation, number: number): Visit {
  const person = isolation === 'user' ? number % SHARING : number
  return {
    ...world,
    service: isolation,
    caller: { user: `dev:person-${person}`, grant: `1-${randomUUID()}`, token: randomUUID() },
    isAlone: isolation === 'session',
  }
}

const SETTLE_MS = 60_000
/** Longer than a session lives unused. */
const STABLE_MS = 3000
const LOOK_EVERY_MS = 250

/** When nothing changes any more: first the sessions go, then the processes that several have shared. */
async function takeStock(bridge: Bridge, redis: Redis): Promise<Remains> {
  await settle(bridge, redis, () => true)
  // What has changed ends at once: nobody has to wait until it is no longer kept for others.
  bridge.configure(toServices())
  await settle(bridge, redis, () => bridge.children().length === 0)
  const { objects, resources, bytes } = await tellsWhatLives(bridge)
  return {
    counts: {
      processes: bridge.children().length,
      descriptors: descriptorsOf(bridge),
      // One for each service is kept: what its servers speak.
      keys: (await redis.dbsize()) - (await redis.keys('*:eras:*')).length,
      ...objects,
      ...resources,
    },
    bytes,
  }
}

async function settle(bridge: Bridge, redis: Redis, isDone: () => boolean): Promise<void> {
  const look = async (): Promise<string> =>
    JSON.stringify([bridge.children(), descriptorsOf(bridge), await redis.dbsize()])
  const deadline = performance.now() + SETTLE_MS
  let [seen, since] = [await look(), performance.now()]
  const isSettled = (): boolean => performance.now() - since > STABLE_MS && isDone()
  while (performance.now() < deadline && !isSettled()) {
    await sleep(LOOK_EVERY_MS)
    const now = await look()
    if (now !== seen) [seen, since] = [now, performance.now()]
  }
}

function descriptorsOf({ process: { pid } }: Bridge): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

interface WhatLives {
  readonly objects: Readonly<Record<string, number>>
  readonly resources: Readonly<Record<string, number>>
  readonly bytes: number
}

/** Of one that was started with the fixture for that. */
export async function tellsWhatLives(bridge: Bridge): Promise<WhatLives> {
  const told = (): number => bridge.log.filter(({ msg }) => msg === 'what lives').length
  const before = told()
  bridge.process.kill('SIGUSR2')
  while (told() === before) await sleep(20)
  return bridge.log.findLast(({ msg }) => msg === 'what lives') as unknown as WhatLives
}

/** What there is more of than before, in words. */
export function leaksOf({ before, after }: Pick<Trial, 'before' | 'after'>): readonly string[] {
  const leaks = Object.entries(after.counts).flatMap(([name, count]) => {
    const was = before.counts[name] ?? 0
    return count > was ? [`${name}: ${was} before, ${count} after`] : []
  })
  const { bytes: was } = before
  const isLarger = after.bytes > was * MEMORY_GROWTH_MAX
  return isLarger ? [...leaks, `memory: ${was} bytes before, ${after.bytes} after`] : leaks
}

const MEMORY_GROWTH_MAX = 1.1
