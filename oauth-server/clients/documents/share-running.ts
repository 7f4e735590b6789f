/** The same work for the same key is done once at a time; whoever asks meanwhile gets its outcome. */
export function shareRunning<T>(
  work: (key: string) => Promise<T>,
): ((key: string) => Promise<T>) & { isRunning(key: string): boolean } {
  const running = new Map<string, Promise<T>>()
  const share = (key: string): Promise<T> => {
    const begun = running.get(key) ?? work(key).finally(() => running.delete(key))
    running.set(key, begun)
    return begun
  }
  return Object.assign(share, { isRunning: (key: string) => running.has(key) })
}
