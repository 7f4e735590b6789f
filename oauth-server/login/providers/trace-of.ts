/** Where something failed that nobody foresaw, without its message: that may hold what a provider said word for word. */
export function traceOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  const frames = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return [thrown.name, ...frames].join('\n')
}
