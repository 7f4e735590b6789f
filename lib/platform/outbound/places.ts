/** How many may be under way at once: in all, and for each name that somebody takes a place under. */

export interface Share {
  readonly name: string
  /** Below the number of all places, so that nobody alone takes all. */
  readonly max: number
}

export interface Places {
  hasRoom(shares: readonly Share[]): boolean
  /** Takes a place that there is room for, and tells how to give it back. */
  take(shares: readonly Share[]): () => void
}

export function createPlaces(max: number): Places {
  const taken = new Map<string, number>()
  let running = 0
  const count = (name: string, change: 1 | -1): void => {
    const now = (taken.get(name) ?? 0) + change
    if (now === 0) taken.delete(name)
    else taken.set(name, now)
  }
  return {
    hasRoom: (shares) =>
      running < max && shares.every((share) => (taken.get(share.name) ?? 0) < share.max),
    take(shares) {
      running += 1
      for (const { name } of shares) count(name, 1)
      return () => {
        running -= 1
        for (const { name } of shares) count(name, -1)
      }
    },
  }
}
