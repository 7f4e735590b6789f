/** The store of a running gateway: the operator's own, or the one that runs with it. */

import { dirname, join } from 'node:path'
import type { Redis } from 'ioredis'
import { type Environment, readEnvironment } from '../../lib/platform/environment.ts'
import { createLog } from '../../lib/platform/log.ts'
import { deriveSecret, type Secret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { toStoreAddress } from '../../lib/store/address.ts'
import { connectRedis, type RedisOptions, waitUntilReady } from '../../lib/store/redis.ts'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { START_VARIABLES } from '../start/configuration.ts'
import { requireGateway } from './control-client.ts'
import { readRootSecret } from './root-secret.ts'

/** Where one is. */
export type StorePlace = Pick<RedisOptions, 'url' | 'password'>

const COMMAND_MS = 5000
const CONNECT_MS = 3000

/** @throws CliError when there is none to be read, or no gateway runs. */
export async function withStore(
  context: Context,
  use: (redis: Redis) => Promise<void>,
): Promise<void> {
  const place = await findStore(context)
  try {
    await withConnection({ ...place, commandTimeoutMs: COMMAND_MS }, CONNECT_MS, use)
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError(`The store cannot be read: ${(cause as Error).message}.`, {
      nextStep: 'gateway status',
      cause,
    })
  }
}

async function findStore(context: Context): Promise<StorePlace> {
  const { environment } = context
  const own = ownStore(environment)
  if (own !== undefined) return own
  const stateDirectory = stateDirectoryOf(context)
  const { socketPath } = await requireGateway(stateDirectory, environment)
  return storeOf(socketPath, readRootSecret(environment, stateDirectory))
}

/** One that the operator runs. */
export function ownStore(environment: Environment): StorePlace | undefined {
  const { REDIS_URL, REDIS_PASSWORD } = START_VARIABLES
  const own = readEnvironment({ REDIS_URL, REDIS_PASSWORD }, environment)
  const { REDIS_URL: url, REDIS_PASSWORD: password } = own
  return url === undefined ? undefined : { url, password }
}

/** The one that runs with a gateway. @param socketPath of the gateway itself. */
export function storeOf(socketPath: string, rootSecret: Secret): StorePlace {
  return {
    url: `unix://${encodeURI(join(dirname(socketPath), SOCKET_NAMES.valkey))}`,
    password: deriveSecret(rootSecret, 'redis'),
  }
}

/** @throws CliError when it cannot be reached, or does not let us in; and what `use` throws. */
export async function withConnection<Result>(
  options: RedisOptions,
  connectMs: number,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  // What goes wrong is said once, by what is thrown.
  const redis = connectRedis(options, createLog('cli', 'error', { write() {} }))
  try {
    await untilConnected(redis, connectMs).catch((cause: Error) => {
      throw toCliError(options, cause)
    })
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

/** How a store says that it does not know us: waiting longer would change nothing. */
const REFUSED = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR (?:AUTH|invalid password|Client sent AUTH))/

/** Rejects with what came of the last attempt. */
async function untilConnected(redis: Redis, connectMs: number): Promise<void> {
  const refused = Promise.withResolvers<never>()
  let last: Error | undefined
  redis.on('error', (error: Error) => {
    last = error
    if (REFUSED.test(error.message)) refused.reject(error)
  })
  try {
    await Promise.race([waitUntilReady(redis, connectMs), refused.promise])
  } catch (error) {
    throw last ?? error
  }
}

function toCliError({ url }: StorePlace, cause: Error): CliError {
  const address = toStoreAddress(url)
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`
  if (REFUSED.test(cause.message)) {
    return new CliError(`The store at ${where} does not let the gateway in: ${cause.message}`, {
      nextStep: 'see to REDIS_PASSWORD, and to a name and a password in REDIS_URL',
      cause,
    })
  }
  return new CliError(`The store at ${where} cannot be reached: ${toWords(cause)}.`, {
    nextStep: 'see to the store (gateway status), and to REDIS_URL',
    cause,
  })
}

/** Of several addresses that were tried the error itself says nothing. */
function toWords(cause: Error): string {
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  return first instanceof Error && first.message !== '' ? first.message : 'it does not answer'
}
