/** How long a server may be silent; its progress is a sign of life. */

import { InvalidArgumentError, Option } from 'commander'

const SECONDS_DEFAULT = 300

/** Its value is in milliseconds. */
export function timeoutOption(): Option {
  return new Option('--timeout <seconds>', 'without a sign of life')
    .argParser(toMilliseconds)
    .default(SECONDS_DEFAULT * 1000, String(SECONDS_DEFAULT))
}

function toMilliseconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && Number.isFinite(seconds)) return seconds * 1000
  throw new InvalidArgumentError('It must be a number of seconds.')
}
