/** Two people's clients write to `memory` through two bridges, one of which is killed or frozen, again and again. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Bridge, startBridge } from '../support/bridge.ts'
import { MEMORY, startWriters, written } from '../support/writers.ts'

const ROUNDS = 4
const WRITES = 40
const WATCHED_EACH_MS = 50
const people = [{ user: 'dev:ann' }, { user: 'dev:bob' }]

test.serial(
  'owners are killed and frozen under writes: nothing is lost, and nothing runs twice',
  async (t) => {
    t.timeout(300_000)
    const one = await startBridge({ environment: { MCP_BRIDGE_PROCESSES: '2' }, persistent: true })
    let bridges: Bridge[] = [one, await one.beside('two')]
    t.teardown(async () => {
      for (const bridge of bridges) await bridge.end('SIGKILL')
      await one.stop()
    })
    const running = (): string[] => bridges.flatMap((bridge) => bridge.children())
    const most = watch(running)
    const writers = people.map((caller) => startWriters(caller, () => bridges, MEMORY))
    const more = (count: number) => Promise.all(writers.map((each) => each.more(count)))
    await more(WRITES)
    for (let round = 0; round < ROUNDS; round += 1) {
      const owner = bridges.find((bridge) => bridge.children().length > 0)
      if (owner === undefined) throw new Error('nobody owns anything')
      if (round % 2 === 0) {
        await owner.end('SIGKILL')
        await more(WRITES)
        const again = await owner.again()
        bridges = bridges.map((bridge) => (bridge === owner ? again : bridge))
      } else {
        owner.process.kill('SIGSTOP')
        await more(WRITES)
        owner.process.kill('SIGCONT')
      }
      await more(WRITES)
    }
    for (const each of writers) await each.stop()
    t.true((await most.end()) <= people.length, 'one process for each of them')
    for (const [index, caller] of people.entries()) {
      const each = writers[index]
      if (each === undefined) throw new Error('no writer')
      t.log(`${each.acknowledged.length} were acknowledged to ${caller.user}`)
      t.deepEqual(written(one, caller, each, MEMORY).lost, [])
    }
  },
)

/** The most that ran at the same moment. */
function watch(running: () => readonly string[]): { end(): Promise<number> } {
  let isOver = false
  let most = 0
  const look = async (): Promise<void> => {
    while (!isOver) {
      most = Math.max(most, running().length)
      await sleep(WATCHED_EACH_MS)
    }
  }
  const looking = look()
  return {
    async end() {
      isOver = true
      await looking
      return most
    },
  }
}
