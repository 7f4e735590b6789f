/** What is known of grants beside what was granted: for whoever looks at many of them. */

import type { Redis } from 'ioredis'
import { IS_REVOKED, REVOCATIONS_KEY } from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'
import { GRANT_KEY_START } from './grant-scripts.ts'
import { type GrantUse, toGrant } from './grants.ts'

/** Access tokens are not kept; this is what is known of them. Epoch seconds throughout. */
export interface GrantRecord extends GrantUse {
  /** The latest `exp` minted under it; undefined before the first token. */
  readonly tokensUntil: number | undefined
  /** Until then it lives if nobody uses it. */
  readonly endsAt: number
}

export interface GrantRecords {
  /** Those of these grants that are alive. */
  describe(ids: readonly string[]): Promise<readonly GrantRecord[]>
}

/** A script must not keep others waiting. */
const AT_ONCE = 200

/** KEYS: start of grant keys, revocations. ARGV: ids. */
const DESCRIBE = defineScript(`${IS_REVOKED}
local found = {}
for _, id in ipairs(ARGV) do
  local key = KEYS[1] .. id
  local held = redis.call('HMGET', key, 'grant', 'used_at', 'latest_expires_at')
  local facts = held[1] and cjson.decode(held[1])
  if facts and not is_revoked(KEYS[2], id, facts.clientId, facts.userId) then
    table.insert(found, { id, held[1], held[2], held[3], redis.call('EXPIRETIME', key) })
  end
end
return found`)

type Found = [string, string, string | null, string | null, number]

export function redisGrantRecords(redis: Redis): GrantRecords {
  return {
    async describe(ids) {
      const records: GrantRecord[] = []
      for (let first = 0; first < ids.length; first += AT_ONCE) {
        const part = ids.slice(first, first + AT_ONCE)
        const reply = await DESCRIBE(redis, [GRANT_KEY_START, REVOCATIONS_KEY], part)
        records.push(...(reply as Found[]).flatMap(toRecord))
      }
      return records
    },
  }
}

function toRecord([id, facts, usedAt, tokensUntil, endsAt]: Found): GrantRecord[] {
  const grant = toGrant(id, facts)
  if (grant === undefined) return []
  return [{ grant, usedAt: toNumber(usedAt), tokensUntil: toNumber(tokensUntil), endsAt }]
}

function toNumber(text: string | null): number | undefined {
  return text === null ? undefined : Number(text)
}
