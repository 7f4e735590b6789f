/**
 * Log messages for requests that ask for them (MCP 2026-07-28, logging), of a server that has one level for all
 * that its session asks.
 *
 * It is told the most talkative of the levels that were ever wanted, before the request that wants it.
 */

import { RpcFault } from '../../json-rpc.ts'
import { LEVELS } from '../../runner/log-levels.ts'

/**
 * Its place among the levels; undefined for a request that wants no messages.
 * @throws RpcFault with -32602 for what is no level.
 */
export function readLevel(logLevel: unknown): number | undefined {
  if (logLevel === undefined) return undefined
  const level = LEVELS.indexOf(logLevel)
  if (level !== -1) return level
  throw new RpcFault(200, 'invalidParams', `the log level is one of ${LEVELS.join(', ')}`)
}

export class LogWishes {
  readonly #tell: (level: unknown, refused: () => void) => void
  #told = Number.POSITIVE_INFINITY

  /** `tell`: the server's level; it calls back when the server has not taken it. */
  constructor(tell: (level: unknown, refused: () => void) => void) {
    this.#tell = tell
  }

  want(level: number): void {
    if (level >= this.#told) return
    this.#told = level
    this.#tell(LEVELS[level], () => {
      this.#told = Number.POSITIVE_INFINITY
    })
  }
}
