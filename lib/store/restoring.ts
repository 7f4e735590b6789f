/**
 * Puts records in the place of those that a store holds: all of them in one step, or none.
 *
 * They are laid out first, under names that nobody else reads: `restoring:<id>:<key>`, and `restoring:<id>` once
 * they are complete. One script then takes the old ones away and gives the new ones their names. It leaves the key
 * `restored` (hash: `id`, `at` in epoch ms). Whoever is killed before that has changed nothing; whoever is killed after it has changed everything.
 */

import { randomUUID } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import { ENDED_STARTS } from './families.ts'
import type { StoreRecord } from './records.ts'
import { COMMIT, type CommitReply } from './restoring-script.ts'
import { walkKeys } from './walk.ts'

const START = 'restoring:'
const RESTORED_KEY = 'restored'

export interface LaidOut {
  readonly id: string
  readonly records: number
  /** Their time had passed: they are not brought back. */
  readonly expired: number
}

/** Sent together. */
const BATCH = 500

/** What was laid out and never put in place goes first. @throws Error when the store does not take one. */
export async function layOut(
  redis: Redis,
  records: AsyncIterable<StoreRecord>,
  now: number,
  id: string,
): Promise<LaidOut> {
  await clearLaidOut(redis)
  const keys = new Set<string>()
  let expired = 0
  let batch = redis.pipeline()
  for await (const record of records) {
    if (record.expires_at !== null && record.expires_at <= now) {
      expired += 1
      continue
    }
    keys.add(record.key)
    write(batch, `${START}${id}:${record.key}`, record)
    if (batch.length < BATCH) continue
    await send(batch)
    batch = redis.pipeline()
  }
  await send(batch)
  await redis.set(`${START}${id}`, 'complete')
  return { id, records: keys.size, expired }
}

/** @returns how many keys there were. */
export async function clearLaidOut(redis: Redis): Promise<number> {
  let cleared = 0
  for await (const keys of walkKeys(redis, START)) cleared += await redis.unlink(...keys)
  return cleared
}

/** A restore that goes on touches what it lays out: what has been left alone for so long is nobody's. */
const LEFT_ALONE_SECONDS = 3600

/** How many keys a restore has left that was killed; none while one may still go on. */
export async function countAbandoned(redis: Redis): Promise<number> {
  let count = 0
  for await (const keys of walkKeys(redis, START)) {
    for (const key of keys) {
      const idle = await redis.object('IDLETIME', key)
      if (Number(idle) < LEFT_ALONE_SECONDS) return 0
      count += 1
    }
  }
  return count
}

export interface Commit {
  /** Of `layOut`. */
  readonly id: string
  /** Whether it may take the place of what people have made there. */
  readonly replace: boolean
  /** The epoch of the store that the records are of, and the number of its last write. */
  readonly epochId: string
  readonly number: number
}

/**
 * In one step. What the store before has revoked, ended or forbidden stays so, and what was issued before now has
 * to be renewed (design: a new epoch).
 */
export async function putInPlace(redis: Redis, commit: Commit): Promise<CommitReply> {
  const { id, replace, epochId, number } = commit
  const values = [id, replace ? 1 : 0, epochId, number, randomUUID(), ...ENDED_STARTS]
  return (await COMMIT(redis, [''], values)) as CommitReply
}

/** The last restore that this store went through. */
export async function lastRestore(redis: Redis): Promise<{ readonly id: string } | undefined> {
  const id = await redis.hget(RESTORED_KEY, 'id')
  return id === null ? undefined : { id }
}

async function send(batch: ChainableCommander): Promise<void> {
  if (batch.length === 0) return
  for (const [error] of (await batch.exec()) ?? []) if (error) throw error
}

function write(batch: ChainableCommander, key: string, record: StoreRecord): void {
  switch (record.kind) {
    case 'string':
      batch.set(key, record.value)
      break
    case 'set':
      batch.sadd(key, ...record.value)
      break
    case 'list':
      batch.rpush(key, ...record.value)
      break
    case 'hash':
      batch.hset(key, ...record.value.flat())
      break
    case 'zset':
      batch.zadd(key, ...record.value.flatMap(([member, score]) => [score, member]))
      break
    case 'stream':
      for (const [id, fields] of record.value) batch.xadd(key, id, ...fields)
      break
  }
  if (record.expires_at !== null) batch.pexpireat(key, record.expires_at)
}
