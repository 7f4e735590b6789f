/** The one Valkey of a run, kept on the disk as the gateway keeps its own, and what both services find in it. */

import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createLog } from '../../lib/platform/log.ts'
import { PUBLIC_KEYS_KEY, type PublicJwk } from '../../lib/store/public-keys.ts'
import { connectRedis, waitUntilReady } from '../../lib/store/redis.ts'
import { type Revocations, redisRevocations } from '../../lib/store/revocations.ts'
import { type RunningProcess, startProcess, waitForSocket } from './processes.ts'

export interface Store {
  readonly url: string
  readonly socket: string
  readonly redis: Redis
  /** Without the gateway's prefix, for the textbook service. */
  readonly plainRedis: Redis
  readonly revocations: Revocations
  /** From when on tokens count, epoch seconds. */
  readonly notBefore: number
  pid(): number
  kill(): Promise<void>
  /** After `kill`: with everything that it had acknowledged. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startStore(program: string, folder: string, cores: string): Promise<Store> {
  const data = join(folder, 'data')
  const socket = join(folder, 'valkey.sock')
  const url = `unix://${socket}`
  mkdirSync(data)
  const start = (): Promise<RunningProcess> => startValkey(program, { data, socket, cores })
  let running = await start()
  const redis = connectRedis({ url, commandTimeoutMs: 10_000 }, createLog('bench', 'error'))
  await waitUntilReady(redis, 10_000)
  const plainRedis = new Redis({ path: socket, enableOfflineQueue: true })
  // It comes back by itself; what is asked meanwhile waits.
  plainRedis.on('error', () => {})
  const revocations = redisRevocations(redis)
  return {
    url,
    socket,
    redis,
    plainRedis,
    revocations,
    notBefore: await revocations.ensureEpoch(),
    pid: () => running.pid,
    async kill() {
      await running.kill()
      rmSync(socket, { force: true })
    },
    async restart() {
      running = await start()
      await waitUntilReady(redis, 10_000)
    },
    async stop() {
      redis.disconnect()
      plainRedis.disconnect()
      await running.kill()
    },
  }
}

async function startValkey(
  program: string,
  { data, socket, cores }: { data: string; socket: string; cores: string },
): Promise<RunningProcess> {
  const options = {
    port: '0',
    unixsocket: socket,
    dir: data,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '3600 1 300 100 60 10000',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const running = startProcess([program, ...args], { cores, workingDirectory: data })
  await waitForSocket(socket, running)
  return running
}

/** Where the textbook service looks. */
const TEXTBOOK_PREFIX = 'revoked:'

const BATCH = 500
const REVOKED_SECONDS = 3600

export async function publishKey(redis: Redis, jwk: PublicJwk): Promise<void> {
  await redis.hset(PUBLIC_KEYS_KEY, jwk.kid, JSON.stringify(jwk))
}

/** For ours and for the textbook alike: these tokens, and others until there are `count`. */
export async function fillRevocations(
  { plainRedis, revocations }: Store,
  tokenIds: readonly string[],
  count: number,
): Promise<void> {
  const expiresAt = Math.floor(Date.now() / 1000) + REVOKED_SECONDS
  const all = [...tokenIds, ...Array.from({ length: count - tokenIds.length }, () => randomUUID())]
  for (let begin = 0; begin < all.length; begin += BATCH) {
    const batch = all.slice(begin, begin + BATCH)
    await Promise.all(
      batch.flatMap((id) => [
        revocations.revoke('token', id, expiresAt),
        revokeForTextbook(plainRedis, id),
      ]),
    )
  }
}

export async function revokeForTextbook(plainRedis: Redis, tokenId: string): Promise<void> {
  await plainRedis.set(`${TEXTBOOK_PREFIX}${tokenId}`, '1', 'EX', REVOKED_SECONDS)
}
