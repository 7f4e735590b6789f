/** What the benchmark is told on its command line. */

import { parseArgs } from 'node:util'
import { parseCount, parseMembers, parsePositive } from '../options.ts'
import { PARTS, type Part, SERVERS, type ServerName } from './cells.ts'
import { CONTENDERS, type ContenderName } from './contenders.ts'

export interface Settings {
  readonly parts: readonly Part[]
  readonly contenders: readonly ContenderName[]
  readonly servers: readonly ServerName[]
  readonly seconds: number
  /** Of each bridge, before anything is measured. */
  readonly warmUpCalls: number
  readonly rounds: number
  readonly sessions: readonly number[]
  /** Sessions that are opened one after the other. */
  readonly openings: number
  /** Where a profile of ours is written instead. */
  readonly profile: string | undefined
  readonly json: boolean
}

export const USAGE = `usage: npm run bench:bridge -- [options]
  --only PARTS        of ${PARTS.join(', ')}
  --contenders NAMES  of ${CONTENDERS.join(', ')}
  --servers NAMES     of ${SERVERS.join(', ')}
  --seconds N         of each measurement of calls (default 2, after a warm-up of a quarter)
  --warm-up N         calls of each bridge before that (default 5000)
  --rounds N          everything in turn (default 3)
  --sessions LIST     that call at once (default 1,16,64)
  --openings N        sessions opened one after the other (default 30)
  --quick             one round of 0.5 s, after 500 calls
  --profile FOLDER    a profile of the processor time of ours at the last of --sessions, and nothing else
  --json              one document for programs`

const DEFAULTS = { seconds: '2', 'warm-up': '5000', rounds: '3', openings: '30' }
const QUICK = { seconds: '0.5', 'warm-up': '500', rounds: '1', openings: '5' }

/** @throws Error that says what was expected. */
export function parseSettings(args: readonly string[]): Settings {
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: PARTS.join(',') },
      contenders: { type: 'string', default: CONTENDERS.join(',') },
      servers: { type: 'string', default: SERVERS.join(',') },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      rounds: { type: 'string' },
      sessions: { type: 'string', default: '1,16,64' },
      openings: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const values = { ...DEFAULTS, ...(given.quick ? QUICK : {}), ...given }
  return {
    parts: parseMembers('only', values.only, PARTS),
    contenders: parseMembers('contenders', values.contenders, CONTENDERS),
    servers: parseMembers('servers', values.servers, SERVERS),
    seconds: parsePositive('seconds', values.seconds),
    warmUpCalls: parseCount('warm-up', values['warm-up']),
    rounds: parseCount('rounds', values.rounds),
    sessions: values.sessions.split(',').map((one) => parseCount('sessions', one)),
    openings: parseCount('openings', values.openings),
    profile: given.profile,
    json: values.json,
  }
}
