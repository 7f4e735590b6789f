/** A number of seconds from the command line. */

import { CliError, EXIT_CODE } from '../../cli-error.ts'

/** @returns milliseconds. */
export function toMilliseconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && Number.isFinite(seconds)) return seconds * 1000
  throw new CliError(`${text} is no number of seconds.`, { exitCode: EXIT_CODE.usage })
}
