/** The life of a room's process: start, ready, signal, bounded drain, exit code. */

import { flushCompileCache } from 'node:module'
import { ConfigError } from './environment.ts'
import type { Log } from './log.ts'
import { releaseStartUpMemory } from './release-memory.ts'

/** A drain that takes longer is cut: the supervisor would kill us anyway. */
const DRAIN_MS = 2300

/** Releases what the room holds; awaited once, in the order the room wants. */
export type Stop = () => Promise<void> | void

/**
 * Runs a room. `start` resolves with its `stop` once the room serves.
 * SIGTERM or SIGINT stop it with exit code 0; a failed start or an unforeseen error end it with 1.
 */
export async function runRoom(log: Log, start: () => Promise<Stop>): Promise<void> {
  process.on('uncaughtException', (error) => die(log, error, 'unforeseen error'))
  process.on('unhandledRejection', (reason) => die(log, reason, 'unforeseen rejection'))
  try {
    const stop = await start()
    const end = once(() => drain(log, stop))
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    // Whoever started us waits for this line, also where the operator wants to read warnings only.
    log.child({}, { level: 'info' }).info('ready')
    // For the next start, however this one ends.
    flushCompileCache()
    releaseStartUpMemory()
  } catch (error) {
    die(log, error, 'cannot start')
  }
}

async function drain(log: Log, stop: Stop): Promise<void> {
  log.info('stopping')
  const cut = setTimeout(() => {
    log.warn('stopped without waiting longer')
    process.exit(0)
  }, DRAIN_MS)
  try {
    await stop()
  } catch (error) {
    log.error({ err: error }, 'stop failed')
  }
  clearTimeout(cut)
  process.exit(0)
}

function die(log: Log, error: unknown, what: string): never {
  if (error instanceof ConfigError) log.fatal({ faults: error.faults }, error.message)
  else log.fatal({ err: error }, what)
  process.exit(1)
}

/** Ctrl-C arrives twice under npm: the second signal means nothing. */
function once(action: () => Promise<void>): () => void {
  let started = false
  return () => {
    if (started) return
    started = true
    void action()
  }
}
