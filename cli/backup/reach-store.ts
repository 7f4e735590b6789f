/** The store of the gateway that is meant, whether it runs or not. */

import type { Redis } from 'ioredis'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { readRootSecret } from '../instance/root-secret.ts'
import { ownStore, type StorePlace, storeOf, withConnection } from '../instance/store.ts'
import { whileHeld } from './hold.ts'
import { startPrivateStore } from './private-store.ts'
import { requireNoSilentGateway } from './silent-gateway.ts'

/** Of a restore's single step, too: it may work on everything that there is. */
const COMMAND_MS = 600_000
const CONNECT_MS = 10_000

/** For reading: beside the gateway that runs, or on its own. */
export async function withAnyStore<Result>(
  context: Context,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const elsewhere = ownStore(context.environment)
  if (elsewhere !== undefined) return await withPlace(elsewhere, use)
  const stateDirectory = stateDirectoryOf(context)
  const running = await findGateway(stateDirectory, context.environment)
  if (running === undefined) {
    await requireNoSilentGateway(context)
    return await withQuietStore(context, 'backup', use)
  }
  const rootSecret = readRootSecret(context.environment, stateDirectory)
  return await withPlace(storeOf(running.socketPath, rootSecret), use)
}

/** For writing: nobody serves from it meanwhile. @throws CliError when the gateway of this state directory runs. */
export async function withQuietStore<Result>(
  context: Context,
  why: string,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  return await whileHeld(context, why, async (sockets) => {
    const own = ownStore(context.environment)
    if (own !== undefined) {
      return await withPlace(own, async (redis) => {
        if (own.url.startsWith('unix:')) await requireNobodyElse(redis)
        return await use(redis)
      })
    }
    const store = await startPrivateStore(context, stateDirectoryOf(context), sockets)
    try {
      return await withPlace(store.place, use)
    } finally {
      await store.stop()
    }
  })
}

async function withPlace<Result>(
  place: StorePlace,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  return await withConnection({ ...place, commandTimeoutMs: COMMAND_MS }, CONNECT_MS, use)
}

/** A look at its health is over by then. */
const LOOKING_SECONDS_MAX = 5

/** Of the store in containers, where each has a place of its own to say that it runs. @throws CliError */
async function requireNobodyElse(redis: Redis): Promise<void> {
  const self = `id=${await redis.client('ID')} `
  const connections = String(await redis.client('LIST')).split('\n')
  const others = connections.filter((line) => line.startsWith('id=') && !line.startsWith(self))
  const ageOf = (line: string): number => Number(/ age=(\d+)/.exec(line)?.[1] ?? 0)
  if (!others.some((line) => ageOf(line) > LOOKING_SECONDS_MAX)) return
  throw new CliError('The rooms still run. Nothing was changed.', {
    nextStep: 'docker compose stop && docker compose up -d --wait valkey, then again',
  })
}
