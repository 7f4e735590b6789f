/** How long to wait before a part is started again: longer each time, short again once it lived. */

const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 10_000
/** A life this long clears the past. */
const HEALTHY_MS = 30_000

/** `failures`: how often in a row it ended before living that long, this time included. */
export function backoffMs(failures: number): number {
  return Math.min(BACKOFF_MS_MIN * 2 ** Math.max(0, failures - 1), BACKOFF_MS_MAX)
}

export function failuresAfter(failures: number, livedMs: number): number {
  return livedMs >= HEALTHY_MS ? 1 : failures + 1
}
