/**
 * Ends what left a child's process group by starting a session of its own.
 *
 * Each child carries a value of its own in its environment, which its descendants inherit; on Linux
 * they are found by it. Endings that come together share one walk through /proc.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { environmentMember, kill, processIds } from './proc.ts'

export const CHILD_MARKER = 'MCP_GATEWAY_CHILD'

/** What forks faster than we walk is not caught by one walk. */
const WALKS_MAX = 20
/** What was killed a moment ago can still be seen. */
const DYING_MS = 10

export class Sweep {
  #waiting = new Set<string>()
  #walk: Promise<ReadonlySet<string>> | undefined

  /** Resolves when nothing that carries `value` is left, as far as that can be seen. */
  async after(value: string): Promise<void> {
    for (let walks = 0; walks < WALKS_MAX; walks += 1) {
      this.#waiting.add(value)
      // A walk that has begun may have passed what this one looks for: wait for the next.
      await this.#walk
      this.#walk ??= this.#run()
      if (!(await this.#walk).has(value)) return
      await sleep(DYING_MS)
    }
  }

  /** Which of those looked for were found. */
  async #run(): Promise<ReadonlySet<string>> {
    const values = this.#waiting
    const found = new Set<string>()
    this.#waiting = new Set()
    try {
      for await (const pid of processIds()) {
        const value = environmentMember(pid, CHILD_MARKER)
        if (value === undefined || !values.has(value)) continue
        found.add(value)
        kill(pid)
      }
    } finally {
      this.#walk = undefined
    }
    return found
  }
}
