/**
 * Ends what left a child's process group by starting a session of its own.
 *
 * Each child carries a value of its own in its environment, which its descendants inherit; on Linux
 * they are found by it. Endings that come together share one walk through /proc, which looks at everything
 * that runs: the first begins at once, others come together for a moment.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { environmentMember, kill, processIds } from './proc.ts'

export const CHILD_MARKER = 'MCP_GATEWAY_CHILD'

/** What forks faster than we walk is not caught by one walk. */
const WALKS_MAX = 20
/** What was killed a moment ago can still be seen. */
const DYING_MS = 10
/** From one walk to the next that nobody needs sooner. */
const PAUSE_MS = 50

/** Ends what carries one of these values; answers which were found. */
export type Walk = (values: ReadonlySet<string>) => Promise<ReadonlySet<string>>

export class Sweep {
  readonly #walk: Walk
  readonly #pauseMs: number
  #waiting = new Set<string>()
  /** The walk that has not begun yet. */
  #next: Promise<ReadonlySet<string>> | undefined
  #nextAt = 0
  /** What was found and killed is looked for again. */
  #isUrgent = false
  #current: Promise<ReadonlySet<string>> | undefined

  constructor(walk: Walk = endMarked, pauseMs = PAUSE_MS) {
    this.#walk = walk
    this.#pauseMs = pauseMs
  }

  /** Resolves when nothing that carries `value` is left, as far as that can be seen. */
  async after(value: string): Promise<void> {
    for (let walks = 0; walks < WALKS_MAX; walks += 1) {
      this.#waiting.add(value)
      // One that goes on may have passed what this one looks for.
      this.#next ??= this.#run()
      if (!(await this.#next).has(value)) return
      await sleep(DYING_MS)
      this.#isUrgent = true
    }
  }

  async #run(): Promise<ReadonlySet<string>> {
    await this.#current?.catch(() => {})
    while (!this.#isUrgent && performance.now() < this.#nextAt) await sleep(DYING_MS)
    this.#isUrgent = false
    const values = this.#waiting
    this.#waiting = new Set()
    this.#next = undefined
    this.#current = this.#walk(values)
    try {
      return await this.#current
    } finally {
      this.#nextAt = performance.now() + this.#pauseMs
    }
  }
}

async function endMarked(values: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for await (const pid of processIds()) {
    const value = environmentMember(pid, CHILD_MARKER)
    if (value === undefined || !values.has(value)) continue
    found.add(value)
    kill(pid)
  }
  return found
}
