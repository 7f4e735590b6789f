/**
 * Keeps what everybody holds within the access rules, while the process runs: at its start, because the file
 * may have changed before, and whenever the file changes.
 *
 * A file that is bad changes nothing. One that was there and is not any more, or is empty, is being written
 * or was lost: rules do not go by themselves.
 */

import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { changedSections } from '../../lib/catalogue/changes.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { LiveAccess } from './access.ts'
import { rulesBeforeRestart } from './before-restart.ts'
import { markOf, SETTLE_MS, watchFile } from './watch-file.ts'

export interface ApplyingPorts {
  readonly gateway: Gateway
  readonly access: LiveAccess
  readonly log: Log
}

const RETRY_MS = 1000

/** @param read file and environment, again; throws ConfigError. @returns what ends it. */
export function keepApplied(ports: ApplyingPorts, read: () => Gateway): () => void {
  const { gateway, access, log } = ports
  const path = gateway.configurationPath
  const sweeping = createSweeping(ports)
  sweeping.begin()
  const endWatch = watchFile(path, {
    async onChange() {
      const reading = await readTwice(path, read)
      if ('faults' in reading) {
        const { faults } = reading
        log.error({ faults }, 'the configuration is bad: the access rules of before stay in force')
        return
      }
      const others = changedSections(gateway, reading.gateway).filter((one) => one !== 'access')
      if (others.length > 0) {
        log.warn({ changed: others }, 'the configuration has changed: restart to use all of it')
      }
      const rules = rulesBeforeRestart(gateway, access.settings, reading.gateway)
      if (!isDeepStrictEqual(rules, reading.gateway.access)) {
        log.warn(
          'the access rules were written for another gateway: until a restart nobody new may in',
        )
      }
      if (isDeepStrictEqual(rules, access.settings)) return
      access.change(rules)
      log.info('the access rules have changed')
      sweeping.begin()
    },
  })
  return () => {
    endWatch()
    sweeping.end()
  }
}

type Reading = { readonly gateway: Gateway } | { readonly faults: readonly string[] }

/** A fault is believed at the second look: the first may have seen half of a file. */
async function readTwice(path: string, read: () => Gateway): Promise<Reading> {
  const first = await readOnce(path, read)
  if (!('faults' in first)) return first
  await sleep(SETTLE_MS)
  return await readOnce(path, read)
}

async function readOnce(path: string, read: () => Gateway): Promise<Reading> {
  const before = await markOf(path)
  if (before === undefined) return { faults: [`${path} cannot be read any more`] }
  try {
    if (isBlank(await readFile(path, 'utf8'))) {
      return { faults: [`${path} is empty: write {} where nothing is meant`] }
    }
    const gateway = read()
    const isWhole = (await markOf(path)) === before
    return isWhole ? { gateway } : { faults: [`${path} was written while it was read`] }
  } catch (error) {
    if (error instanceof ConfigError) return { faults: error.faults }
    return { faults: [String(error)] }
  }
}

/** Remarks say nothing either. */
function isBlank(yaml: string): boolean {
  return yaml.split('\n').every((line) => /^\s*(?:#|---\s*$|$)/.test(line))
}

/** One sweep at a time; a change meanwhile makes another one follow, and a store that is away too. */
function createSweeping({ access, log }: ApplyingPorts): { begin(): void; end(): void } {
  let isWanted = false
  let isRunning = false
  let isEnded = false
  let isFailing = false
  const tryAgainLater = async (error: unknown): Promise<void> => {
    if (isEnded) return
    if (!isFailing) log.error({ err: error }, 'the access rules could not be applied to everybody')
    isFailing = true
    isWanted = true
    await sleep(RETRY_MS, undefined, { ref: false })
  }
  const run = async (): Promise<void> => {
    while (isWanted && !isEnded) {
      isWanted = false
      try {
        await access.sweep()
        isFailing = false
      } catch (error) {
        await tryAgainLater(error)
      }
    }
    isRunning = false
  }
  return {
    begin() {
      isWanted = true
      if (isRunning) return
      isRunning = true
      void run()
    },
    end() {
      isEnded = true
    },
  }
}
