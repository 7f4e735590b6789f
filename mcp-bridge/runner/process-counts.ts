/** What a process has done since its start, for whoever operates it. */

export interface ProcessCounts {
  calls: number
  /** Calls that were given up. */
  timeouts: number
  /** What the server said that was nobody's: answers to nothing, notifications to no one. */
  dropped: number
}
