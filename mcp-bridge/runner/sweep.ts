/**
 * Ends what left a child's process group by starting a session of its own.
 *
 * Each child carries a value of its own in its environment, which its descendants inherit; on Linux
 * they are found by it. Endings that come together share one walk through /proc.
 */

import { readdir, readFile } from 'node:fs/promises'

export const CHILD_MARKER = 'MCP_GATEWAY_CHILD'

export class Sweep {
  #waiting = new Set<string>()
  #walk: Promise<void> | undefined

  /** Resolves when nothing that carries `value` is left, as far as that can be seen. */
  async after(value: string): Promise<void> {
    this.#waiting.add(value)
    // A walk that has begun may have passed what this one looks for: wait for the next.
    await this.#walk
    this.#walk ??= this.#run()
    await this.#walk
  }

  async #run(): Promise<void> {
    const values = this.#waiting
    this.#waiting = new Set()
    try {
      const entries = await readdir('/proc').catch(() => [])
      for (const entry of entries) if (/^\d+$/.test(entry)) await endIfMarked(entry, values)
    } finally {
      this.#walk = undefined
    }
  }
}

async function endIfMarked(pid: string, values: ReadonlySet<string>): Promise<void> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1')
    const start = environment.indexOf(`${CHILD_MARKER}=`)
    if (start === -1) return
    const value = environment.slice(start + CHILD_MARKER.length + 1).split('\0', 1)[0]
    if (value !== undefined && values.has(value)) process.kill(Number(pid), 'SIGKILL')
  } catch {
    // Somebody else's process, or one that has ended since.
  }
}
