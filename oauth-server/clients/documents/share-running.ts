/**
 * The same work for the same key is done once at a time, in the circumstances of whoever asks first; whoever
 * asks meanwhile gets its outcome.
 */
export function shareRunning<T, Circumstances extends unknown[]>(
  work: (key: string, ...circumstances: Circumstances) => Promise<T>,
): typeof work & { isRunning(key: string): boolean } {
  const running = new Map<string, Promise<T>>()
  const share: typeof work = (key, ...circumstances) => {
    const begun = running.get(key) ?? work(key, ...circumstances).finally(() => running.delete(key))
    running.set(key, begun)
    return begun
  }
  return Object.assign(share, { isRunning: (key: string) => running.has(key) })
}
