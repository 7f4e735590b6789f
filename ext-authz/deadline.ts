/** A bound on waiting for the store's answer. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * Asks, and once more when no answer came within `milliseconds`; after as much again it rejects. A store
 * that has each write on the disk before it answers stalls its readers for one such write: that
 * must not refuse a good token. A failure, as opposed to silence, rejects at once.
 */
export async function askWithinDeadline<T>(
  ask: () => Promise<T>,
  milliseconds: number,
): Promise<T> {
  const first = ask()
  const early = await settledWithin(first, milliseconds)
  if (early) return await first
  const either = Promise.any([first, ask()])
  if (await settledWithin(either, milliseconds)) return await either
  throw new DeadlineError(`no answer within 2 × ${milliseconds} ms`)
}

/**
 * Whether a promise settles in time. What has arrived while this process was busy still counts:
 * timers run before the sockets are read, so one round is given.
 */
async function settledWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => setImmediate(() => resolve(false)), milliseconds)
  const settled = promise.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([settled, late])
  } finally {
    clearTimeout(timer)
  }
}
