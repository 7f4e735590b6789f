/** Whoever presses Ctrl-C leaves no gateway behind, and no disk mounted. */

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** As a shell has it for an end by SIGINT. */
const EXIT_CODE = 130

/** Runs to its end, or until a signal comes; `leave` is called in both cases. */
export async function untilLeft<Result>(
  run: () => Promise<Result>,
  leave: () => Promise<void>,
): Promise<Result> {
  const interrupt = (): void => {
    void leave().finally(() => process.exit(EXIT_CODE))
  }
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    return await run()
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
    await leave()
  }
}
