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
