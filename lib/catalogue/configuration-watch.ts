/**
 * The configuration file while a gateway runs: read again when it has changed, believed only as a whole.
 *
 * A file that is bad is told once and changes nothing. One that was there and is not any more, or is
 * empty, is being written or was lost: services and rules do not go by themselves.
 */

import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../platform/environment.ts'
import { type FileMark, markOf, SETTLE_MS, watchFile } from '../platform/watch-file.ts'
import type { Gateway } from './gateway.ts'
import { readSource } from './gateway-file.ts'

export interface ConfigurationWatching {
  /** What is in force: an empty file is nothing new beside another. */
  heldText(): string
  /** File and environment, again. @throws ConfigError */
  read(): Gateway
  /** Awaited before the next look. */
  onRead(reading: Gateway): Promise<void> | void
  onFaults(faults: readonly string[]): void
}

/** How the file comes to lie there. */
export type Manner =
  /** By whatever people write with. */
  | 'written'
  /** By a move, whole at once. */
  | 'moved'

const LOOK_MS_OF_MOVED = 100

/** Tells of what is there at once, too. @returns what ends the watch. */
export function watchConfiguration(
  path: string,
  watching: ConfigurationWatching,
  manner: Manner = 'written',
): () => void {
  return watchFile(path, {
    ...(manner === 'moved' && { lookMs: LOOK_MS_OF_MOVED, settleMs: 0 }),
    async onChange() {
      const reading = await readTwice(path, watching)
      if ('faults' in reading) watching.onFaults(reading.faults)
      else await watching.onRead(reading.gateway)
      return reading.mark
    },
  })
}

type Reading = { readonly mark: FileMark } & (
  | { readonly gateway: Gateway }
  | { readonly faults: readonly string[] }
)

/** A fault is believed at the second look: the first may have seen half of a file. */
async function readTwice(path: string, watching: ConfigurationWatching): Promise<Reading> {
  const first = await readOnce(path, watching)
  if (!('faults' in first)) return first
  await sleep(SETTLE_MS)
  return await readOnce(path, watching)
}

async function readOnce(path: string, watching: ConfigurationWatching): Promise<Reading> {
  const mark = await markOf(path)
  if (mark === undefined) return { mark, faults: [gone(path)] }
  try {
    return { mark, ...(await judge(path, mark, watching)) }
  } catch (error) {
    return { mark, faults: error instanceof ConfigError ? error.faults : [String(error)] }
  }
}

async function judge(
  path: string,
  mark: FileMark,
  { read, heldText }: ConfigurationWatching,
): Promise<{ readonly gateway: Gateway } | { readonly faults: readonly string[] }> {
  const lost = whyLost(path, heldText())
  if (lost !== undefined) return { faults: [lost] }
  const gateway = read()
  const isWhole = (await markOf(path)) === mark
  return isWhole ? { gateway } : { faults: [`${path} was written while it was read`] }
}

/**
 * Why what is there is no configuration beside one that is held; undefined where it may be one.
 * @throws ConfigError when it cannot be read.
 */
export function whyLost(path: string, heldText: string): string | undefined {
  if (isBlank(heldText)) return undefined
  if (!existsSync(path)) return gone(path)
  return isBlank(readSource(path)) ? `${path} is empty: write {} where nothing is meant` : undefined
}

function gone(path: string): string {
  return `${path} cannot be read any more`
}

/** Remarks say nothing either. */
export function isBlank(yaml: string): boolean {
  return yaml.split('\n').every((line) => /^\s*(?:#|---\s*$|$)/.test(line))
}
