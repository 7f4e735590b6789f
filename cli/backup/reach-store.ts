/** The store of the gateway that is meant, whether it runs or not. */

import { dirname, join } from 'node:path'
import type { Redis } from 'ioredis'
import { readEnvironment } from '../../lib/platform/environment.ts'
import { createLog } from '../../lib/platform/log.ts'
import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { connectRedis, type RedisOptions, waitUntilReady } from '../../lib/store/redis.ts'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { readRootSecret } from '../instance/root-secret.ts'
import { START_VARIABLES } from '../start/configuration.ts'
import { whileHeld } from './hold.ts'
import { startPrivateStore } from './private-store.ts'
import { requireNoSilentGateway } from './silent-gateway.ts'

type Place = Pick<RedisOptions, 'url' | 'password'>

/** Of a restore's single step, too: it may work on everything that there is. */
const COMMAND_MS = 600_000
const CONNECT_MS = 10_000

/** For reading: beside the gateway that runs, or on its own. */
export async function withAnyStore<Result>(
  context: Context,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const elsewhere = ownStore(context.environment)
  if (elsewhere !== undefined) return await withConnection(elsewhere, use)
  const stateDirectory = stateDirectoryOf(context)
  const running = await findGateway(stateDirectory, context.environment)
  if (running === undefined) {
    await requireNoSilentGateway(stateDirectory)
    return await withQuietStore(context, 'backup', use)
  }
  const socket = join(dirname(running.socketPath), SOCKET_NAMES.valkey)
  const password = deriveSecret(readRootSecret(context.environment, stateDirectory), 'redis')
  return await withConnection({ url: `unix://${encodeURI(socket)}`, password }, use)
}

/** For writing: nobody serves from it meanwhile. @throws CliError when the gateway of this state directory runs. */
export async function withQuietStore<Result>(
  context: Context,
  why: string,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  return await whileHeld(context, why, async (sockets) => {
    const { environment } = context
    const own = ownStore(environment)
    if (own !== undefined) return await withConnection(own, use)
    const store = await startPrivateStore(context, stateDirectoryOf(context), sockets)
    try {
      return await withConnection(store.place, use)
    } finally {
      await store.stop()
    }
  })
}

/** One that the operator runs. */
function ownStore(environment: Context['environment']): Place | undefined {
  const { REDIS_URL, REDIS_PASSWORD } = START_VARIABLES
  const own = readEnvironment({ REDIS_URL, REDIS_PASSWORD }, environment)
  const { REDIS_URL: url, REDIS_PASSWORD: password } = own
  return url === undefined ? undefined : { url, password }
}

async function withConnection<Result>(
  place: Place,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  // What goes wrong is said once, by what is thrown.
  const log = createLog('cli', 'error', { write() {} })
  const redis = connectRedis({ ...place, commandTimeoutMs: COMMAND_MS }, log)
  try {
    await waitUntilReady(redis, CONNECT_MS).catch((cause: Error) => {
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
