/** What `npm run bench` is told on its command line. */

import { parseArgs } from 'node:util'
import { BENCHES, type Bench, NAMES } from './suite.ts'

export interface Settings {
  readonly benches: readonly Bench[]
  readonly isQuick: boolean
}

export const USAGE = `usage: npm run bench -- [options]
  --only NAMES   of ${NAMES.join(', ')} (default all); the results of the others stay as they are
  --quick        short rounds, one each: to see that everything runs, not for figures to quote`

/** @throws Error that says what was expected. */
export function parseSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
  })
  const names = values.only?.split(',') ?? NAMES
  for (const name of names) {
    if (!NAMES.some((one) => one === name)) {
      throw new Error(`--only ${name}: there is ${NAMES.join(', ')}`)
    }
  }
  return { benches: BENCHES.filter(({ name }) => names.includes(name)), isQuick: values.quick }
}
