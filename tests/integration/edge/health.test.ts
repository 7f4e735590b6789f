/** Whom Envoy asks, right after it has found out who is there. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startEdge } from '../../support/edge.ts'

const ROUNDS = 3
/** Two idle processes are drawn by lot: that one gets none of these has a chance of one in 2^40. */
const QUESTIONS = 40

test('a process that has come back is asked from the moment it is found healthy', async (t) => {
  t.timeout(60_000)
  const edge = await startEdge({ LOG_LEVEL: 'warn' }, { processes: 2 })
  t.teardown(() => edge.stop())
  const [, second] = edge.deciders

  /** What Envoy says of the second process. */
  const look = async (what: string): Promise<string> => {
    const clusters = await (await fetch(`http://127.0.0.1:${edge.adminPort}/clusters`)).text()
    return new RegExp(`ext_authz::.*a2\\.sock::${what}::(.*)`).exec(clusters)?.[1] ?? ''
  }
  const untilFound = async (isHealthy: boolean): Promise<void> => {
    while (((await look('health_flags')) === 'healthy') !== isHealthy) await sleep(5)
  }

  for (let round = 1; round <= ROUNDS; round += 1) {
    await second?.end('SIGKILL')
    await untilFound(false)
    second?.start()
    await untilFound(true)
    const before = Number(await look('rq_total'))
    for (let question = 1; question <= QUESTIONS; question += 1) {
      await fetch(`http://localhost:${edge.port}/echo/mcp`, { method: 'POST' })
    }
    t.true(Number(await look('rq_total')) > before, `round ${round}`)
  }
})
