/** A bound on waiting for somebody else's answer. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/**
 * Rejects when `answer` takes longer than `milliseconds`. An answer that has arrived while this
 * process was busy still counts: timers run before the sockets are read, so one round is given.
 */
export async function withinDeadline<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    setImmediate(() => reject(new DeadlineError(`no answer within ${milliseconds} ms`)))
  }, milliseconds)
  try {
    return await Promise.race([answer, promise])
  } finally {
    clearTimeout(timer)
  }
}
