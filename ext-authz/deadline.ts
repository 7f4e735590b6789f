/** A bound on waiting for the store's answer. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * Rejects when no answer came within `milliseconds`; a failure, as opposed to silence, at once. The store is not
 * asked a second time: on one connection that answer could only come after the first.
 *
 * What has arrived while this process was busy still counts: timers run before the sockets are read, so
 * one round is given.
 */
export async function askWithinDeadline<T>(
  ask: () => Promise<T>,
  milliseconds: number,
): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const giveUp = (): void => reject(new DeadlineError(`no answer within ${milliseconds} ms`))
  const timer = setTimeout(() => setImmediate(giveUp), milliseconds)
  try {
    return await Promise.race([ask(), silence])
  } finally {
    clearTimeout(timer)
  }
}
