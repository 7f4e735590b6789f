/** How long ago something was, also where a machine slept in between or its clock was set. */

export interface Moment {
  readonly steady: number
  readonly wall: number
}

export function momentNow(): Moment {
  return { steady: performance.now(), wall: Date.now() }
}

/** Milliseconds. One clock stops while a machine sleeps, the other jumps when it is set: the larger is safe. */
export function ageOf({ steady, wall }: Moment): number {
  return Math.max(performance.now() - steady, Date.now() - wall)
}

/** What is left of a wait after so long, in milliseconds: nothing when the clock was put back since it began. */
export function leftOf(waitMs: number, elapsedMs: number): number {
  return elapsedMs < 0 ? 0 : Math.max(0, waitMs - elapsedMs)
}
