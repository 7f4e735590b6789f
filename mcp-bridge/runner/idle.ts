/** Processes of several sessions that nobody uses now: each ends after a while, or when its place is needed. */

import { STOP_WAITS } from '../limits.ts'
import type { ServerProcess } from './server-process.ts'

export type IdleProcess = Pick<ServerProcess, 'service' | 'stop'>

export class Idle<P extends IdleProcess> {
  /** The one that was unused for the longest time first. */
  readonly #timers = new Map<P, NodeJS.Timeout | undefined>()

  has(process: P): boolean {
    return this.#timers.has(process)
  }

  /** @param lifetimeMs undefined for one that stays until its place is needed. */
  add(process: P, lifetimeMs: number | undefined): void {
    this.remove(process)
    const timer =
      lifetimeMs === undefined ? undefined : setTimeout(() => this.#end(process), lifetimeMs)
    this.#timers.set(process, timer)
  }

  remove(process: P): void {
    clearTimeout(this.#timers.get(process))
    this.#timers.delete(process)
  }

  /** Ends the one of these that was unused for the longest time; false when there is none. */
  endOne(isMeant: (process: P) => boolean): boolean {
    const longest = [...this.#timers.keys()].find(isMeant)
    if (longest === undefined) return false
    this.#end(longest)
    return true
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  #end(process: P): void {
    this.remove(process)
    void process.stop(STOP_WAITS)
  }
}
