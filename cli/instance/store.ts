/** The store of a running gateway: the operator's own, or the one that runs with it. */

import { dirname, join } from 'node:path'
import type { Redis } from 'ioredis'
import { readEnvironment } from '../../lib/platform/environment.ts'
import { createLog } from '../../lib/platform/log.ts'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { connectRedis, type RedisOptions, waitUntilReady } from '../../lib/store/redis.ts'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { START_VARIABLES } from '../start/configuration.ts'
import { requireGateway } from './control-client.ts'
import { readRootSecret } from './root-secret.ts'

const COMMAND_MS = 5000
const CONNECT_MS = 3000

/** @throws CliError when there is none to be read, or no gateway runs. */
export async function withStore(
  context: Context,
  use: (redis: Redis) => Promise<void>,
): Promise<void> {
  // What goes wrong is said once, by what is thrown.
  const redis = connectRedis(await findStore(context), createLog('cli', 'error', { write() {} }))
  try {
    await waitUntilReady(redis, CONNECT_MS)
    await use(redis)
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError(`The store cannot be read: ${(cause as Error).message}.`, {
      nextStep: 'gateway status',
      cause,
    })
  } finally {
    redis.disconnect()
  }
}

async function findStore(context: Context): Promise<RedisOptions> {
  const { environment } = context
  const { REDIS_URL, REDIS_PASSWORD } = START_VARIABLES
  const own = readEnvironment({ REDIS_URL, REDIS_PASSWORD }, environment)
  if (own.REDIS_URL !== undefined) {
    return { url: own.REDIS_URL, password: own.REDIS_PASSWORD, commandTimeoutMs: COMMAND_MS }
  }
  const stateDirectory = stateDirectoryOf(context)
  const { socketPath } = await requireGateway(stateDirectory, environment)
  return {
    url: `unix://${encodeURI(join(dirname(socketPath), SOCKET_NAMES.valkey))}`,
    password: deriveSecret(readRootSecret(environment, stateDirectory), 'redis'),
    commandTimeoutMs: COMMAND_MS,
  }
}
