/**
 * Twenty trials of each kill: a store that dies takes no decision with it and lets no revoked token in, and nobody
 * notices when one of two processes dies. On a machine that does nothing else.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { toSeconds } from '../../lib/platform/clock.ts'
import { type Answer, type Load, startLoad } from '../support/constant-load.ts'
import { type Edge, startEdge } from '../support/edge.ts'

const TRIALS = 20
const EVERY_MS = 10
/** Design, section 6: fresher than 2 s; a tenth for the request itself. */
const UNAVAILABLE_WITHIN_MS = 2100

const isGood = ({ status }: Answer): boolean => status === 200
const isRefused = ({ status }: Answer): boolean => status === 401
const isUnavailable = ({ status }: Answer): boolean => status === 503

interface World {
  readonly edge: Edge
  readonly load: Load
}

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  const edge = await startEdge({ LOG_LEVEL: 'warn' }, { processes: 2, persistent: true })
  try {
    const [good, revoked] = [await edge.mint(), await edge.mint({ jti: 'revoked' })]
    await edge.revocations.revoke('token', 'revoked', toSeconds(Date.now()) + 600)
    const bearer = (token: string) => ({
      path: '/echo/mcp',
      headers: { authorization: `Bearer ${token}` },
    })
    const questions = { good: bearer(good), revoked: bearer(revoked) }
    const load = startLoad({ port: edge.port, everyMs: EVERY_MS, questions })
    try {
      await serves(load)
      await run({ edge, load })
    } finally {
      await load.stop()
    }
    expectNone(load.of('revoked').filter(isGood), 'revoked tokens were let in')
    expectNone(load.of('good').filter(isRefused), 'good tokens were called bad')
  } finally {
    await edge.stop()
  }
}

async function serves(load: Load): Promise<void> {
  await Promise.all([load.until('good', isGood), load.until('revoked', isRefused)])
}

function expectNone(found: readonly Answer[], what: string): void {
  if (found.length > 0) throw new Error(`${found.length} times: ${what}`)
}

export function runStoreKills(): Promise<void> {
  return withWorld(async ({ edge, load }) => {
    const waits: number[] = []
    for (let trial = 1; trial <= TRIALS; trial += 1) {
      const killedAt = performance.now()
      await edge.valkey.kill()
      await sleep(UNAVAILABLE_WITHIN_MS + 400)
      const after = load.of('good', killedAt)
      const first = after.find(isUnavailable)
      if (first === undefined) throw new Error(`trial ${trial}: never 503`)
      waits.push(first.sentAt - killedAt)
      expectNone(
        after.filter(({ sentAt }) => sentAt > killedAt + UNAVAILABLE_WITHIN_MS).filter(isGood),
        `trial ${trial}: let in later than ${UNAVAILABLE_WITHIN_MS} ms`,
      )
      await edge.valkey.restart()
      await serves(load)
    }
    const [least = 0, most = 0] = [Math.min(...waits), Math.max(...waits)].map(Math.round)
    console.log(`  the store killed ${TRIALS} times: 503 after ${least} to ${most} ms`)
  })
}

export function runDeciderKills(): Promise<void> {
  return withWorld(async ({ edge, load }) => {
    for (let trial = 1; trial <= TRIALS; trial += 1) {
      const decider = edge.deciders[trial % 2]
      const killedAt = performance.now()
      await decider?.end('SIGKILL')
      await load.until('good', isGood, 100)
      decider?.start()
      // Until Envoy asks it again: the other one is the next to die.
      await sleep(3000)
      const failed = load.answers.filter(({ sentAt }) => sentAt > killedAt).filter(isUnavailable)
      expectNone(failed, `trial ${trial}: somebody noticed`)
    }
    console.log(`  a process of ext-authz killed ${TRIALS} times: ${load.answers.length} requests`)
  })
}
