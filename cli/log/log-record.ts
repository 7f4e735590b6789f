/** One line of any part as a record: rooms write JSON, Envoy and Valkey their own forms. */

import { LOG_LEVELS, type LogLevel } from '../../lib/platform/environment.ts'
import { isPartOf } from '../instance/part-names.ts'

export interface LogRecord {
  /** ISO 8601, UTC. */
  readonly time: string
  readonly name: string
  readonly level: LogLevel
  readonly msg: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Reads a line; whatever is not understood becomes the message as it stands. */
export function parseLine(name: string, line: string, now: number): LogRecord {
  const time = new Date(now).toISOString()
  return (
    parseJson(name, line, time) ??
    parseEnvoy(name, line, time) ??
    parseValkey(name, line, time) ?? { time, name, level: 'info', msg: line, fields: {} }
  )
}

/** Reads back a line of the log file. */
export function parseStored(line: string): LogRecord | undefined {
  try {
    const { name } = JSON.parse(line) as { name?: unknown }
    return typeof name === 'string' ? parseJson(name, line, '') : undefined
  } catch {
    // Cut off when the machine lost power.
    return undefined
  }
}

/** Of lines of the log file; what is no record is left out. */
export async function* recordsOf(lines: AsyncIterable<string>): AsyncGenerator<LogRecord> {
  for await (const line of lines) {
    const record = parseStored(line)
    if (record !== undefined) yield record
  }
}

export function isAtLeastLevel(level: LogLevel, threshold: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold)
}

function parseJson(name: string, line: string, now: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  let value: Record<string, unknown>
  try {
    value = JSON.parse(line) as Record<string, unknown>
  } catch {
    // Cut off, or merely text that begins with a brace.
    return undefined
  }
  const { time, level, msg, name: own, pid, ...fields } = value
  return {
    time: typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? time : now,
    // Which process it came from is known by its pipe: what the line says is not trusted.
    name,
    level: toLevel(level),
    msg: typeof msg === 'string' ? msg : '',
    fields: own === undefined || isPartOf(name, String(own)) ? fields : { ...fields, logger: own },
  }
}

function toLevel(level: unknown): LogLevel {
  if (level === 'fatal' || level === 'critical') return 'error'
  if (level === 'warning') return 'warn'
  return LOG_LEVELS.find((one) => one === level) ?? 'info'
}

/** `[2026-01-02 03:04:05.678][123][warning][config] [source/…] message`; its time is UTC. */
const ENVOY_LINE = /^\[([0-9-]{10} [0-9:.]{12})\]\[\d+\]\[(\w+)\]\[(\w+)\] (?:\[[^\]]*\] )?(.*)$/

function parseEnvoy(name: string, line: string, now: string): LogRecord | undefined {
  const match = ENVOY_LINE.exec(line)
  if (match === null) return undefined
  const [, stamp = '', level, logger, msg = ''] = match
  const time = Date.parse(`${stamp.replace(' ', 'T')}Z`)
  return {
    time: Number.isNaN(time) ? now : new Date(time).toISOString(),
    name,
    level: toLevel(level),
    msg,
    fields: { logger },
  }
}

/** `123:M 02 Jan 2026 03:04:05.678 * message`; the sign is the level, the time is local. */
const VALKEY_LINE = /^\d+:[A-Z] \d{2} \w{3} \d{4} [0-9:.]{12} ([.*#-]) (.*)$/
/** Its notices tell of each start and each snapshot: of interest to few. */
const VALKEY_LEVELS: Readonly<Record<string, LogLevel>> = {
  '.': 'trace',
  '-': 'trace',
  '*': 'debug',
  '#': 'warn',
}

function parseValkey(name: string, line: string, time: string): LogRecord | undefined {
  const match = VALKEY_LINE.exec(line)
  if (match === null) return undefined
  const [, sign = '', msg = ''] = match
  return { time, name, level: VALKEY_LEVELS[sign] ?? 'info', msg, fields: {} }
}
