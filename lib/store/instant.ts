/**
 * Instants: strictly increasing milliseconds, drawn inside scripts from one key.
 *
 * Grants and revocations take theirs from the same source, so "every grant made up to this
 * revocation" has one answer even within a millisecond or when the store's clock steps back.
 */

export const INSTANT_KEY = 'instant'

/** Lua: defines `next_instant(key)`; `max(TIME in ms, last + 1)`. Prepend it to a script. */
export const NEXT_INSTANT = `
local function next_instant(key)
  local time = redis.call('TIME')
  local instant = math.max(time[1] * 1000 + math.floor(time[2] / 1000),
                           tonumber(redis.call('GET', key) or '0') + 1)
  redis.call('SET', key, string.format('%.0f', instant))
  return string.format('%.0f', instant)
end
`

/** A grant's id begins with its instant, so that the edge compares without a look-up. */
export function instantOfGrant(grantId: string): number | undefined {
  const match = /^(\d{1,15})-/.exec(grantId)
  return match?.[1] === undefined ? undefined : Number(match[1])
}
