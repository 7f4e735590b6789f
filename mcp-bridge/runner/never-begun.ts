/** A child that could not be started, as a value like any other: it has ended already. */

import type { HostedChild, HostedEnding } from './host.ts'

export function neverBegun(cause: unknown): HostedChild {
  const spawnError = cause instanceof Error ? cause : new Error(String(cause))
  const ending: HostedEnding = { exitCode: null, signal: null, spawnError, stderr: '' }
  return {
    pid: undefined,
    ended: Promise.resolve(ending),
    gone: Promise.resolve(),
    unreadBytes: 0,
    send: () => {},
    pause: () => {},
    resume: () => {},
    stop: () => Promise.resolve(ending),
    figures: () => Promise.resolve(undefined),
  }
}
