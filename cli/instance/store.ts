/** The store of a running gateway: the operator's own, or the one that runs with it. */

import { dirname, join } from 'node:path'
import type { Redis } from 'ioredis'
import { type Environment, readEnvironment } from '../../lib/platform/environment.ts'
import { createLog } from '../../lib/platform/log.ts'
import { deriveSecret, type Secret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
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

/** @throws CliError when it cannot be reached; and what `use` throws. */
export async function withConnection<Result>(
  options: RedisOptions,
  connectMs: number,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  // What goes wrong is said once, by what is thrown.
  const redis = connectRedis(options, createLog('cli', 'error', { write() {} }))
  try {
    await waitUntilReady(redis, connectMs).catch((cause: Error) => {
      throw new CliError(`The store cannot be reached: ${cause.message}.`, {
        nextStep: 'gateway status; or see to REDIS_URL and REDIS_PASSWORD',
        cause,
      })
    })
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}
