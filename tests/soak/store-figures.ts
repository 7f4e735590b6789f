/** What a store says of its own size: what people are granted is kept, and takes its room. */

export interface StoreFigures {
  readonly bytes: number
  readonly keys: number
}

/** @param information as INFO tells it. */
export function toStoreFigures(information: string): StoreFigures {
  const bytes = Number(/^used_memory:(\d+)/m.exec(information)?.[1])
  const keys = Number(/^db0:keys=(\d+)/m.exec(information)?.[1])
  return { bytes, keys }
}

/** How many bytes each key has come to cost, from one to the other. */
export function bytesAKey(before: StoreFigures, after: StoreFigures): number {
  return (after.bytes - before.bytes) / Math.max(1, after.keys - before.keys)
}
