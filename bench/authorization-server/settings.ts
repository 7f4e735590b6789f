/** What the benchmark is told on its command line. */

import { parseArgs } from 'node:util'
import { type Algorithm, parseAlgorithms, parseMembers, parsePositive } from '../options.ts'
import { OPERATIONS } from './operations.ts'

export interface Settings {
  readonly algorithms: readonly Algorithm[]
  readonly operations: readonly string[]
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly appendfsync: string
  readonly json: boolean
}

export const USAGE = `usage: npm run bench:authorization-server -- [options]
  --algorithm ES256|RS256|both   both: RS256 for what signs, ES256 for everything (default)
  --only NAMES                   of ${OPERATIONS.map(({ name }) => name).join(', ')}
  --seconds N                    of each round (default 1.5)
  --rounds N                     ours and theirs in turn (default 3)
  --connections N                keep-alive, each with one request at a time (default 16)
  --appendfsync always|everysec|no   when the store writes to the disk (default always, as the gateway's does)
  --quick                        one round of 0.4 s
  --json                         one document for programs`

const DEFAULTS = { seconds: '1.5', rounds: '3' }
const QUICK = { seconds: '0.4', rounds: '1' }

/** @throws Error that says what was expected. */
export function parseSettings(args: readonly string[]): Settings {
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      algorithm: { type: 'string', default: 'both' },
      only: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string', default: '16' },
      appendfsync: { type: 'string', default: 'always' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const values = { ...DEFAULTS, ...(given.quick ? QUICK : {}), ...given }
  const names = OPERATIONS.map(({ name }) => name)
  return {
    algorithms: parseAlgorithms(values.algorithm),
    operations: values.only === undefined ? names : parseMembers('only', values.only, names),
    seconds: parsePositive('seconds', values.seconds),
    rounds: parsePositive('rounds', values.rounds),
    connections: parsePositive('connections', values.connections),
    appendfsync: values.appendfsync,
    json: values.json,
  }
}
