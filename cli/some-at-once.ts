/** Work of which some is done at a time. */

/**
 * @returns the results in the order of `work`.
 * @throws the first failure; then nothing more begins, and what has begun comes to its end first, so that nothing
 * goes on behind the back of whoever is told.
 */
export async function someAtOnce<T>(
  work: readonly (() => Promise<T>)[],
  atOnce: number,
): Promise<T[]> {
  const results: T[] = []
  const failures: unknown[] = []
  const waiting = [...work.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, start] = next
      try {
        results[index] = await start()
      } catch (error) {
        failures.push(error)
        waiting.length = 0
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  if (failures.length > 0) throw failures[0]
  return results
}
