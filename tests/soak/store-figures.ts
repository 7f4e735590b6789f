/** What a store says of its own size: what people are granted is kept, and takes its room. */

export interface StoreFigures {
  readonly bytes: number
  readonly keys: number
  /** So many were done until then. */
  readonly operations: number
}

/** @param information as INFO tells it. */
export function toStoreFigures(information: string, operations: number): StoreFigures {
  const bytes = Number(/^used_memory:(\d+)/m.exec(information)?.[1])
  const keys = Number(/^db0:keys=(\d+)/m.exec(information)?.[1])
  return { bytes, keys, operations }
}

/** What an operation has come to cost, in bytes, from one to the other. */
export function bytesEach(before: StoreFigures, after: StoreFigures): number {
  return (after.bytes - before.bytes) / Math.max(1, after.operations - before.operations)
}
