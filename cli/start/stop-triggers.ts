/** What ends a gateway from outside: signals, and the death of the npm that runs it. */

import type { Environment } from '../../lib/platform/environment.ts'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
const PARENT_LOOK_EVERY_MS = 500

/**
 * Calls `stop` with the reason; again with each further signal, which the caller ignores: Ctrl-C
 * arrives twice under npm. Returns what ends looking at the parent; signals keep meaning nothing more.
 */
export function watchForStop(environment: Environment, stop: (why: string) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, stop)
  const timer = watchParent(environment, stop)
  return () => clearInterval(timer)
}

/** npm killed is a gateway nobody could end: `exec` makes it our parent, so the change shows. */
function watchParent(
  environment: Environment,
  stop: (why: string) => void,
): NodeJS.Timeout | undefined {
  // Under nohup, systemd or a shell, losing the parent is no reason to end.
  if (environment['npm_lifecycle_event'] === undefined) return undefined
  const parent = process.ppid
  const look = (): void => {
    if (process.ppid !== parent) stop('npm is gone')
  }
  return setInterval(look, PARENT_LOOK_EVERY_MS)
}
