/** Which records are meant: the options that `logs` and `logs analyze` share. */

import { type Command, InvalidArgumentError, Option } from 'commander'
import { LOG_LEVELS, type LogLevel } from '../../lib/platform/environment.ts'
import { parseAge } from '../administration/filters.ts'
import { isPartOf } from '../instance/part-names.ts'
import { isAtLeastLevel, type LogRecord } from './log-record.ts'
import { factsOf } from './record-facts.ts'

export interface Selection {
  readonly user?: string
  readonly client?: string
  readonly service?: string
  readonly request?: string
  readonly level?: LogLevel
  readonly since?: Since
}

/** An age, or an instant. */
export type Since = { readonly ageMs: number } | { readonly at: number }

export function addSelection(command: Command): Command {
  return command
    .option('--user <sub>', 'only of this person, e.g. github:583231')
    .option('--client <id>', 'only through this client')
    .option('--service <name>', 'only of this service')
    .option('--request <id>', 'only of this request: x-request-id of its answer')
    .addOption(new Option('--level <level>', 'only this level and worse').choices(LOG_LEVELS))
    .option(
      '--since <time>',
      'only from then on: 15m, 24h, 7d, or a time as 2026-01-02T03:04Z',
      parseSince,
    )
}

/** Date.parse reads a bare number as a year, and the 30th of February as the 2nd of March. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d.*)?$/

function parseSince(text: string): Since {
  if (/^\d+[smhdw]$/.test(text)) return { ageMs: parseAge(text) }
  const [, day = ''] = TIME.exec(text) ?? []
  const at = isDay(day) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return { at }
  throw new InvalidArgumentError(
    'It must be an age such as 24h, or a time such as 2026-01-02T03:04Z.',
  )
}

function isDay(text: string): boolean {
  const at = Date.parse(text)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

export function instantOf(since: Since | undefined, now: number): number | undefined {
  if (since === undefined) return undefined
  return 'at' in since ? since.at : now - since.ageMs
}

/** @param part a part, or a room with all of its processes. */
export function toMatcher(
  { since, level, ...wanted }: Selection,
  part: string | undefined,
  now: number,
): (record: LogRecord) => boolean {
  const from = instantOf(since, now)
  const facts = (['user', 'client', 'service', 'request'] as const).filter(
    (name) => wanted[name] !== undefined,
  )
  return (record) => {
    if (part !== undefined && !isPartOf(record.name, part)) return false
    if (level !== undefined && !isAtLeastLevel(record.level, level)) return false
    if (from !== undefined && Date.parse(record.time) < from) return false
    if (facts.length === 0) return true
    const told = factsOf(record)
    return facts.every((name) => told[name] === wanted[name])
  }
}
