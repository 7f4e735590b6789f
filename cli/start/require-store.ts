/** A store of the operator's, asked before anything starts: what is wrong with it is said here, and once. */

import { createLog } from '../../lib/platform/log.ts'
import { toStoreAddress } from '../../lib/store/address.ts'
import { connectRedis, waitUntilReady } from '../../lib/store/redis.ts'
import { CliError } from '../cli-error.ts'
import type { Progress } from '../embedded/progress.ts'
import type { StorePlace } from '../instance/store.ts'

/** One that starts together with this machine takes a moment. */
const PATIENCE_MS = 15_000
const COMMAND_MS = 2000

/** How a store says that it does not know us. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|invalid password|Client sent AUTH))/

/** @throws CliError */
export async function requireStore(place: StorePlace, progress: Progress): Promise<void> {
  const redis = connectRedis(
    { ...place, commandTimeoutMs: COMMAND_MS },
    createLog('cli', 'error', { write() {} }),
  )
  const task = progress.begin('reaching the store')
  const refused = Promise.withResolvers<never>()
  let last: Error | undefined
  redis.on('error', (error: Error) => {
    last = error
    if (REFUSED.test(error.message)) refused.reject(error)
  })
  try {
    await Promise.race([waitUntilReady(redis, PATIENCE_MS), refused.promise])
  } catch (error) {
    throw toCliError(place, last ?? (error as Error))
  } finally {
    task.end()
    redis.disconnect()
  }
}

function toCliError({ url }: StorePlace, cause: Error): CliError {
  const address = toStoreAddress(url)
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`
  if (REFUSED.test(cause.message)) {
    return new CliError(`The store at ${where} does not let the gateway in: ${cause.message}`, {
      nextStep: 'see to REDIS_PASSWORD, and to a name and a password in REDIS_URL',
    })
  }
  return new CliError(`The store at ${where} (REDIS_URL) cannot be reached: ${toWords(cause)}.`, {
    nextStep: 'start it, or see to REDIS_URL; unset REDIS_URL for a store of the gateway’s own',
  })
}

/** Of several addresses that were tried the error itself says nothing. */
function toWords(cause: Error): string {
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  return first instanceof Error && first.message !== '' ? first.message : 'it does not answer'
}
