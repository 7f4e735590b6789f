/** What the benchmark of revocations is told on its command line. */

import { parseArgs } from 'node:util'
import { parseCount } from '../../options.ts'

export interface Settings {
  readonly trials: number
  readonly outages: number
  /** Good tokens a second while the store is killed; half as many revoked ones. */
  readonly rate: number
  readonly processes: number
  readonly json: boolean
}

export const USAGE = `usage: npm run bench:revocation -- [options]
  --trials N       revocations of a token, ours and the textbook's in turn (default 1000; 0 for none)
  --outages N      the store killed under load (default 20; 0 for none)
  --rate N         requests with good tokens a second meanwhile, half as many with revoked ones (default 1000)
  --processes N    of ext-authz and of the textbook's service (default 1)
  --quick          100 revocations, one outage
  --json           one document for programs`

const DEFAULTS = { trials: '1000', outages: '20' }
const QUICK = { trials: '100', outages: '1' }

/** @throws Error that says what was expected. */
export function parseSettings(args: readonly string[]): Settings {
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      trials: { type: 'string' },
      outages: { type: 'string' },
      rate: { type: 'string', default: '1000' },
      processes: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const values = { ...DEFAULTS, ...(given.quick ? QUICK : {}), ...given }
  const orNone = (name: string, text: string): number => (text === '0' ? 0 : parseCount(name, text))
  return {
    trials: orNone('trials', values.trials),
    outages: orNone('outages', values.outages),
    rate: parseCount('rate', values.rate),
    processes: parseCount('processes', values.processes),
    json: values.json,
  }
}
