/**
 * What breaks, with real processes under load: good, revoked and missing tokens are sent all the time. Whatever
 * happens a revoked token never opens, and a good one is never called bad.
 */

import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { type Answer, type Load, startLoad } from '../support/constant-load.ts'
import { type Edge, startEdge } from '../support/edge.ts'
import { nobodyNotices } from '../support/fault-trials.ts'
import { verifiesAlone } from '../support/verifies.ts'

/** After this long nobody may decide from memory (design: fresher than 2 s), and a request may be on its way. */
const MEMORY_MS = 2100

/** Of each kind. */
const EVERY_MS = 30

const isGood = ({ status }: Answer): boolean => status === 200
const isRefused = ({ status }: Answer): boolean => status === 401
const isUnavailable = ({ status }: Answer): boolean => status === 503

interface World {
  readonly edge: Edge
  readonly load: Load
}

async function withToken(edge: Edge, revoked: boolean) {
  const jti = `${revoked ? 'revoked' : 'good'}-${performance.now()}`
  const token = await edge.mint({ jti })
  if (revoked) await edge.revocations.revoke('token', jti, Math.ceil(Date.now() / 1000) + 600)
  return { path: '/echo/mcp', headers: { authorization: `Bearer ${token}` } }
}

/** Two processes decide, and a store that forgets nothing. */
async function makeWorld(t: ExecutionContext): Promise<World> {
  t.timeout(120_000)
  const edge = await startEdge({ LOG_LEVEL: 'warn' }, { processes: 2, persistent: true })
  t.teardown(() => edge.stop())
  const questions = {
    good: await withToken(edge, false),
    revoked: await withToken(edge, true),
    none: { path: '/echo/mcp' },
  }
  const load = startLoad({ port: edge.port, everyMs: EVERY_MS, questions })
  await Promise.all([
    load.until('good', isGood),
    load.until('revoked', isRefused),
    load.until('none', isRefused),
  ])
  return { edge, load }
}

/** What holds whatever breaks. */
async function endsSafely(t: ExecutionContext, { load }: World): Promise<void> {
  await load.stop()
  const met = (kind: string): number[] => [...new Set(load.of(kind).map(({ status }) => status))]
  const others = (kind: string, allowed: number[]): number[] =>
    met(kind).filter((status) => !allowed.includes(status))
  t.deepEqual(others('good', [200, 503]), [], 'a good token is never called bad')
  t.deepEqual(others('revoked', [401, 503]), [], 'a revoked token never opens')
  t.deepEqual(others('none', [401, 503]), [], 'nobody comes in without')
  for (const { headers } of load.answers.filter(isUnavailable)) {
    if (headers['retry-after'] === undefined || headers['www-authenticate'] !== undefined) {
      t.fail(`a 503 that makes clients throw away a login: ${JSON.stringify(headers)}`)
      return
    }
  }
}

async function servesAgain({ load }: World): Promise<void> {
  await Promise.all([load.until('good', isGood), load.until('revoked', isRefused)])
}

/** Both decide: their answers become more. */
async function bothServe({ edge }: World): Promise<void> {
  const answered = async (): Promise<number[]> => {
    const clusters = await (await fetch(`http://127.0.0.1:${edge.adminPort}/clusters`)).text()
    return [...clusters.matchAll(/ext_authz::.*::rq_success::(\d+)/g)].map(([, count]) =>
      Number(count),
    )
  }
  const before = await answered()
  while (!(await answered()).every((count, index) => count > (before[index] ?? 0) + 5))
    await sleep(50)
}

async function restartsBoth(t: ExecutionContext, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const world = await makeWorld(t)
  for (const decider of world.edge.deciders) {
    await nobodyNotices(t, world.load, async () => {
      await decider.end(signal)
      await servesAgain(world)
      decider.start()
      await bothServe(world)
      return undefined
    })
  }
  await endsSafely(t, world)
}

verifiesAlone('fault-one-decider-killed', (t) => restartsBoth(t, 'SIGKILL'))

verifiesAlone('fault-one-decider-ended', (t) => restartsBoth(t, 'SIGTERM'))

verifiesAlone('fault-deciders-killed', async (t) => {
  const world = await makeWorld(t)
  const { deciders } = world.edge
  await Promise.all(deciders.map((decider) => decider.end('SIGKILL')))
  const goneAt = performance.now()
  await world.load.until('good', isUnavailable)
  t.true(world.load.of('good', goneAt).every(isUnavailable))
  deciders[0]?.start()
  await servesAgain(world)
  await endsSafely(t, world)
})

verifiesAlone('fault-one-decider-frozen', async (t) => {
  const world = await makeWorld(t)
  const [first] = world.edge.deciders
  await nobodyNotices(t, world.load, async () => {
    first?.child.kill('SIGSTOP')
    await world.load.until('good', isGood, 100)
    first?.child.kill('SIGCONT')
    await bothServe(world)
    return undefined
  })
  await endsSafely(t, world)
})

verifiesAlone('fault-deciders-frozen', async (t) => {
  const world = await makeWorld(t)
  const { deciders } = world.edge
  for (const { child } of deciders) child.kill('SIGSTOP')
  const frozenAt = performance.now()
  await world.load.until('good', isUnavailable)
  await sleep(500)
  for (const { child } of deciders) child.kill('SIGCONT')
  await servesAgain(world)
  await endsSafely(t, world)
  const waits = world.load.of('good', frozenAt).map(({ tookMs }) => tookMs)
  t.true(Math.max(...waits) < 10_000, `the longest wait was ${Math.max(...waits)} ms`)
})

/** From memory for a while, then not at all. */
async function storeAway(t: ExecutionContext, { load }: World, awayAt: number): Promise<void> {
  await load.until('good', isUnavailable)
  await sleep(Math.max(0, awayAt + MEMORY_MS + 400 - performance.now()))
  const early = load.of('good', awayAt + 200).filter(({ sentAt }) => sentAt < awayAt + 1000)
  t.true(early.some(isGood), 'what is known is decided while it is fresh')
  t.is(load.of('good', awayAt + MEMORY_MS).filter(isGood).length, 0, 'and not any longer')
}

verifiesAlone('fault-store-killed', async (t) => {
  const world = await makeWorld(t)
  const awayAt = performance.now()
  await world.edge.valkey.kill()
  await storeAway(t, world, awayAt)
  await world.edge.valkey.restart()
  await servesAgain(world)
  await endsSafely(t, world)
})

verifiesAlone('fault-store-frozen', async (t) => {
  const world = await makeWorld(t)
  const awayAt = performance.now()
  process.kill(world.edge.valkey.pid, 'SIGSTOP')
  await storeAway(t, world, awayAt)
  process.kill(world.edge.valkey.pid, 'SIGCONT')
  await servesAgain(world)
  await endsSafely(t, world)
})

verifiesAlone('fault-store-restarted', async (t) => {
  const { edge, load: first } = await makeWorld(t)
  await first.stop()
  const [good, late] = [await withToken(edge, false), await withToken(edge, true)]
  await edge.valkey.kill()
  const questions = { good, revoked: late, none: { path: '/echo/mcp' } }
  const world = { edge, load: startLoad({ port: edge.port, everyMs: EVERY_MS, questions }) }
  await edge.valkey.restart()
  await servesAgain(world)
  await endsSafely(t, world)
})

/** The authorization server begins the store anew; logins renew themselves. */
async function beginsAnew(t: ExecutionContext, { edge, load }: World, lostAt: number) {
  await sleep(Math.max(0, lostAt + MEMORY_MS - performance.now()))
  await edge.prepareStore()
  await load.until('good', isRefused)
  t.deepEqual(load.of('good', lostAt + MEMORY_MS).filter(isGood), [], 'no yes for the store before')
  t.deepEqual(load.of('revoked').filter(isGood), [])
  t.deepEqual(
    load.answers.filter(({ status }) => ![200, 401, 503].includes(status)),
    [],
  )
  await load.stop()
  const renewed = startLoad({
    port: edge.port,
    everyMs: EVERY_MS,
    questions: { good: await withToken(edge, false) },
  })
  await renewed.until('good', isGood)
  await renewed.stop()
}

verifiesAlone('fault-store-emptied', async (t) => {
  const world = await makeWorld(t)
  const redis = await world.edge.valkey.connect()
  const lostAt = performance.now()
  await redis.flushall()
  await beginsAnew(t, world, lostAt)
})

verifiesAlone('fault-store-lost', async (t) => {
  const world = await makeWorld(t)
  const { valkey } = world.edge
  const lostAt = performance.now()
  await valkey.kill()
  for (const name of readdirSync(valkey.folder)) {
    rmSync(join(valkey.folder, name), { recursive: true })
  }
  await valkey.restart()
  await beginsAnew(t, world, lostAt)
})

verifiesAlone('fault-store-older', async (t) => {
  const { edge, load: first } = await makeWorld(t)
  await first.stop()
  const { valkey } = edge
  const backup = `${valkey.folder}-backup`
  t.teardown(() => rmSync(backup, { recursive: true, force: true }))
  await valkey.kill()
  cpSync(valkey.folder, backup, { recursive: true })
  await valkey.restart()
  const again = startLoad({
    port: edge.port,
    everyMs: EVERY_MS,
    questions: { good: await withToken(edge, false) },
  })
  await again.until('good', isGood)
  await again.stop()
  const late = await withToken(edge, true)
  const world = {
    edge,
    load: startLoad({ port: edge.port, everyMs: EVERY_MS, questions: { late } }),
  }
  await world.load.until('late', isRefused)
  await valkey.kill()
  rmSync(valkey.folder, { recursive: true })
  cpSync(backup, valkey.folder, { recursive: true })
  await valkey.restart()
  await sleep(MEMORY_MS)
  await world.load.stop()
  t.true(world.load.of('late').length > 20)
  t.is(world.load.of('late').filter(isGood).length, 0, 'what was revoked stays so')
})
