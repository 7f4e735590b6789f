/** One launch of a part: its process, its lines, and whether it serves yet. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Ending, GroupedProcess, ProcessGroups } from '../../lib/platform/process-group.ts'
import { readLines } from '../log/lines.ts'
import { type LogRecord, parseLine } from '../log/log-record.ts'
import type { Part } from './part.ts'

export interface LaunchOptions {
  readonly groups: ProcessGroups
  readonly clock: Clock
  readonly workingDirectory: string
  /** Marker of this start of the gateway; a part that has processes of its own extends it. */
  readonly marker: string
  readonly onRecord: (record: LogRecord) => void
}

/** A start that takes longer has failed. */
const START_MS_MAX = 30_000
const PROBE_EVERY_MS = 40

export function launchPart(
  part: Part,
  launch: number,
  { groups, clock, workingDirectory, marker, onRecord }: LaunchOptions,
): { process: GroupedProcess; announced: Promise<void> } {
  const own = part.markerVariable
  const process = groups.launch({
    command: part.command,
    args: part.args,
    // New with each launch: the watchdog of the one before must not end what this one starts.
    env: own === undefined ? part.env : { ...part.env, [own]: `${marker}.${part.name}.${launch}` },
    cwd: workingDirectory,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { promise: announced, resolve } = Promise.withResolvers<void>()
  for (const stream of [process.child.stdout, process.child.stderr]) {
    if (stream === null) continue
    readLines(stream, (line) => {
      const record = parseLine(part.name, line, clock())
      if (record.msg === 'ready') resolve()
      onRecord(record)
    })
  }
  return { process, announced }
}

/** False when it ended, or took too long. */
export async function waitUntilServing(
  part: Part,
  announced: Promise<void>,
  ended: Promise<Ending>,
): Promise<boolean> {
  const over = new AbortController()
  void ended.then(() => over.abort())
  const limit = AbortSignal.any([over.signal, AbortSignal.timeout(START_MS_MAX)])
  const cut = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve()))
  if (part.announces) await Promise.race([announced, cut])
  while (!limit.aborted) {
    if ((await part.isReady?.()) !== false) return true
    await sleep(PROBE_EVERY_MS)
  }
  return false
}

export function describeEnding({ exitCode, signal, spawnError }: Ending): string {
  if (spawnError !== undefined) return `could not be started: ${spawnError.message}`
  return signal === null ? `exit code ${exitCode}` : `ended by ${signal}`
}
