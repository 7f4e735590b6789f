/** The only place that reads the time; everything else is given a Clock. */

/** Milliseconds since the epoch. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** Whole seconds since the epoch, as JWTs and headers carry them (RFC 7519 section 2). */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
