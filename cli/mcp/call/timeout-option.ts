/** How long a server may be silent; its progress is a sign of life. */

import { InvalidArgumentError, Option } from 'commander'

const SECONDS_DEFAULT = 300
/** A timer that is set for longer fires at once. */
const SECONDS_MAX = Math.floor(0x7fff_ffff / 1000)

/** Its value is in milliseconds. */
export function timeoutOption(): Option {
  return new Option('--timeout <seconds>', 'without a sign of life')
    .argParser(toMilliseconds)
    .default(SECONDS_DEFAULT * 1000, String(SECONDS_DEFAULT))
}

function toMilliseconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds * 1000
  throw new InvalidArgumentError(`It must be a number of seconds, up to ${SECONDS_MAX}.`)
}
