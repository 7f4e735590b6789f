/**
 * oidc-provider on Redis, as its documentation describes an adapter: what is consumed is a hash, the
 * rest is text; everything expires; what belongs to a grant is listed under it, so that it ends with it.
 */

import type { Redis } from 'ioredis'

type Payload = Readonly<Record<string, unknown>>

export interface Adapter {
  upsert(id: string, payload: Payload, expiresIn?: number): Promise<void>
  find(id: string): Promise<Payload | undefined>
  findByUid(uid: string): Promise<Payload | undefined>
  findByUserCode(userCode: string): Promise<Payload | undefined>
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

const CONSUMED = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode'])
const OF_GRANTS = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'])

const grantKey = (id: string): string => `grant:${id}`
const uidKey = (uid: string): string => `uid:${uid}`
const userCodeKey = (userCode: string): string => `user-code:${userCode}`

/** One for each kind of record that oidc-provider keeps. */
export function createAdapter(redis: Redis, kind: string): Adapter {
  const key = (id: string): string => `${kind}:${id}`
  const isConsumed = CONSUMED.has(kind)
  const findBy = async (index: string): Promise<Payload | undefined> => {
    const id = await redis.get(index)
    return id === null ? undefined : await adapter.find(id)
  }
  const adapter: Adapter = {
    async upsert(id, payload, expiresIn = 0) {
      const changes = redis.multi()
      const text = JSON.stringify(payload)
      if (isConsumed) changes.hset(key(id), 'payload', text)
      else changes.set(key(id), text)
      if (expiresIn > 0) changes.expire(key(id), expiresIn)
      const { grantId, uid, userCode } = payload
      if (OF_GRANTS.has(kind) && typeof grantId === 'string') {
        const ttl = await redis.ttl(grantKey(grantId))
        changes.rpush(grantKey(grantId), key(id))
        if (expiresIn > ttl) changes.expire(grantKey(grantId), expiresIn)
      }
      if (typeof uid === 'string') changes.set(uidKey(uid), id, 'EX', expiresIn)
      if (typeof userCode === 'string') changes.set(userCodeKey(userCode), id, 'EX', expiresIn)
      await changes.exec()
    },
    async find(id) {
      if (!isConsumed) {
        const text = await redis.get(key(id))
        return text === null ? undefined : (JSON.parse(text) as Payload)
      }
      const { payload, ...rest } = await redis.hgetall(key(id))
      return payload === undefined ? undefined : { ...rest, ...(JSON.parse(payload) as Payload) }
    },
    findByUid: (uid) => findBy(uidKey(uid)),
    findByUserCode: (userCode) => findBy(userCodeKey(userCode)),
    async consume(id) {
      await redis.hset(key(id), 'consumed', Math.floor(Date.now() / 1000))
    },
    async destroy(id) {
      await redis.del(key(id))
    },
    async revokeByGrantId(grantId) {
      const members = await redis.lrange(grantKey(grantId), 0, -1)
      await redis.del(...members, grantKey(grantId))
    },
  }
  return adapter
}
