/**
 * The bridge processes that live, each under its name: where it listens, and which of its lives it is.
 *
 * Key: `bridge:<name>` → the record as JSON, alive for the term of a lease after its last renewal: a process
 * that is frozen for longer counts as gone.
 */

import type { Redis } from 'ioredis'
import { defineScript } from '../../lib/store/script.ts'

export interface InstanceRecord {
  /** `<name>.<life>`: another one after each start. */
  readonly id: string
  readonly socket: string
  readonly pid: number
  /** The machine, and the part of it in which `pid` means something; undefined where that cannot be told. */
  readonly place?: string
}

export interface InstanceRecords {
  /** From now on the name is ours; resolves with who had it before, if that was alive. */
  begin(own: InstanceRecord): Promise<InstanceRecord | undefined>
  /** False when another process has taken the name. */
  renew(own: InstanceRecord): Promise<boolean>
  find(name: string): Promise<InstanceRecord | undefined>
  end(own: InstanceRecord): Promise<void>
}

const renew = defineScript(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)

const end = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

export function redisInstances(redis: Redis, termMs: number): InstanceRecords {
  return {
    async begin(own) {
      const before = await redis.set(keyOf(own), JSON.stringify(own), 'PX', termMs, 'GET')
      return toRecord(before)
    },
    async renew(own) {
      return (await renew(redis, [keyOf(own)], [JSON.stringify(own), termMs])) === 1
    },
    async find(name) {
      return toRecord(await redis.get(`bridge:${name}`))
    },
    async end(own) {
      await end(redis, [keyOf(own)], [JSON.stringify(own)])
    },
  }
}

/** The name without the life. */
export function nameOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'))
}

/** The life without the name. */
export function lifeOf(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1)
}

function keyOf({ id }: InstanceRecord): string {
  return `bridge:${nameOf(id)}`
}

function toRecord(json: string | null): InstanceRecord | undefined {
  return json === null ? undefined : (JSON.parse(json) as InstanceRecord)
}
