/** Prints the last records that match, and what comes. */

import type { Context } from '../../context.ts'
import { isPartOf } from '../../instance/part-names.ts'
import { toJsonLine } from '../../log/log-file.ts'
import type { LogRecord } from '../../log/log-record.ts'
import { findLogSource } from '../../log/log-source.ts'
import { instantOf, type Selection, toMatcher } from '../../log/selection.ts'
import { escapeControls, toTerminalLine } from '../../log/terminal-line.ts'
import type { Output } from '../../output.ts'

export interface ShowOptions extends Selection {
  readonly follow?: true
  /** Undefined: fifty, or with `--since` as many as there are. */
  readonly lines?: number
}

const LINES = 50

export async function showLog(
  context: Context,
  part: string | undefined,
  options: ShowOptions,
): Promise<void> {
  const { output, clock } = context
  const now = clock()
  const matches = toMatcher(options, part, now)
  const source = await findLogSource(context)
  const show = (record: LogRecord): Promise<boolean> =>
    output.send(output.json ? toJsonLine(record) : toTerminalLine(record, output.colour))
  const since = instantOf(options.since, now)
  const count = options.lines ?? (since === undefined ? LINES : Number.POSITIVE_INFINITY)
  const names = new Set<string>()
  const notes = (record: LogRecord): boolean => names.add(record.name) && matches(record)
  const last = await lastOf(source.records(since), notes, count)
  if (part !== undefined) noteAbsence(part, [...names], output)
  for (const record of last) if (!(await show(record))) return
  if (options.follow === undefined) return
  for await (const record of source.follow()) {
    if (matches(record) && !(await show(record))) return
  }
}

/** A name that is misspelt would look like a part that says nothing. */
function noteAbsence(part: string, names: readonly string[], { note }: Output): void {
  if (names.some((name) => isPartOf(name, part))) return
  const others = names.toSorted().join(', ') || 'nobody'
  note(`Nothing is there of a part ${escapeControls(part)}, but of: ${others}`)
}

/** In the order of their times: containers' lines come container by container. */
async function lastOf(
  records: AsyncIterable<LogRecord>,
  matches: (record: LogRecord) => boolean,
  count: number,
): Promise<LogRecord[]> {
  let kept: LogRecord[] = []
  for await (const record of records) {
    if (!matches(record)) continue
    kept.push(record)
    if (kept.length > 2 * count + KEPT_MIN) kept = newest(kept, count)
  }
  return newest(kept, count)
}

/** Sorting each time one comes would take longer than reading. */
const KEPT_MIN = 1000

function newest(records: readonly LogRecord[], count: number): LogRecord[] {
  const sorted = records.toSorted((a, b) => compare(a.time, b.time))
  return count === 0 ? [] : sorted.slice(-count)
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
