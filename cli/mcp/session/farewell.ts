const FAREWELL_MS = 2000

/** Ends what the server keeps for us; one that is gone, or slow, ends it by itself. */
export async function farewell(end: () => Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, FAREWELL_MS)
  await Promise.race([end().catch(() => {}), late])
  clearTimeout(timer)
}
