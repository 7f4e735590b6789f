/**
 * Logins: a browser's session at this authorization server.
 *
 * Keys: `login:<hash of the cookie>` (the instant of its making, hash of sub, the login as JSON), sliding;
 * `logins:ended:<hash of sub>` (the instant up to which every login of a person has ended), for as long
 * as anything lives that was made under one.
 */

import type { Redis } from 'ioredis'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { INSTANT_KEY, NEXT_INSTANT } from '../../lib/store/instant.ts'
import { defineScript } from '../../lib/store/script.ts'

/** Who proved in a browser who they are, and when. */
export interface LoginFacts {
  readonly userId: string
  readonly userName: string
  /** When the person proved who they are, epoch seconds. */
  readonly authenticatedAt: number
}

export interface Login extends LoginFacts {
  /** Names the session, also when the same person has proved again who they are: grants carry it. */
  readonly id: string
  /** Where it is kept: the hash of its cookie. */
  readonly key: string
}

export interface Logins {
  /**
   * The cookie is new at each login, so that none can be fixed beforehand. `id`: that of the session
   * which this one goes on with.
   */
  open(facts: LoginFacts, id?: string): Promise<{ readonly cookie: string; readonly login: Login }>
  /** Finding it keeps it alive. */
  find(cookie: string): Promise<Login | undefined>
  /** Whether it has not ended meanwhile. */
  stands(login: Login): Promise<boolean>
  /** Ends it: the cookie means nothing from now on. */
  close(cookie: string): Promise<void>
  /** Ends every login of a person that was made until now, in whatever browser. */
  closeOfUser(userId: string): Promise<void>
}

export const LOGIN_SECONDS = 7 * 86_400

/** Nothing that a login vouches for may live longer without being used: its end is remembered so long. */
export const ENDING_SECONDS = 90 * 86_400

export const ENDINGS_KEY_START = 'logins:ended:'

/** Lua: `has_ended(start of endings, hash of sub, instant)`, for whatever was made under a login. */
export const HAS_ENDED = `
local function has_ended(start, user, instant)
  local ended = redis.call('GET', start .. user)
  return ended and tonumber(instant) <= tonumber(ended)
end
`

/**
 * Lua: `find_login(login, start of endings)` answers the login as JSON, or nothing once it has ended; for
 * scripts that make something which only a login that stands may vouch for. Their KEYS: `loginKeys`.
 */
export const FIND_LOGIN = `${HAS_ENDED}
local function find_login(key, start)
  local stored = redis.call('GET', key)
  if not stored then return nil end
  local instant, user, login = string.match(stored, '^(%d+) (%S+) (.*)$')
  if instant and not has_ended(start, user, instant) then return login end
  redis.call('DEL', key)
  return nil
end
`

/** KEYS: instant, login. ARGV: hash of sub, login, ttl. */
const OPEN = defineScript(`${NEXT_INSTANT}
redis.call('SET', KEYS[2], next_instant(KEYS[1]) .. ' ' .. ARGV[1] .. ' ' .. ARGV[2], 'EX', ARGV[3])`)

/** KEYS: `loginKeys`. ARGV: ttl. */
const FIND = defineScript(`${FIND_LOGIN}
local login = find_login(KEYS[1], KEYS[2])
if login then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return login`)

/** Lua: `close_logins(instant_key, ending)` beside NEXT_INSTANT; `ending`: as `endingOfUser` names it. */
export const CLOSE_LOGINS = `
local function close_logins(instant_key, ending)
  redis.call('SET', ending, next_instant(instant_key), 'EX', ${ENDING_SECONDS})
end
`

/** KEYS: instant, ending. */
const CLOSE_OF_USER = defineScript(
  `${NEXT_INSTANT}${CLOSE_LOGINS}
close_logins(KEYS[1], KEYS[2])`,
  { evenWhenFull: true },
)

export const endingOfUser = (userId: string): string => ENDINGS_KEY_START + digest(userId)

const KEY_START = 'login:'

export function loginKeys({ key }: Pick<Login, 'key'>): string[] {
  return [KEY_START + key, ENDINGS_KEY_START]
}

export function redisLogins(redis: Redis): Logins {
  const read = async (key: string): Promise<Login | undefined> => {
    const stored = await FIND(redis, loginKeys({ key }), [LOGIN_SECONDS])
    return typeof stored === 'string' ? { id: key, ...JSON.parse(stored), key } : undefined
  }
  return {
    async open(facts, id) {
      const cookie = randomText()
      const key = digest(cookie)
      const stored = JSON.stringify({ ...facts, ...(id === undefined ? {} : { id }) })
      const values = [digest(facts.userId), stored, LOGIN_SECONDS]
      await OPEN(redis, [INSTANT_KEY, KEY_START + key], values)
      return { cookie, login: { ...facts, id: id ?? key, key } }
    },
    find: (cookie) => read(digest(cookie)),
    stands: async ({ key }) => (await read(key)) !== undefined,
    async close(cookie) {
      await redis.del(KEY_START + digest(cookie))
    },
    async closeOfUser(userId) {
      await CLOSE_OF_USER(redis, [INSTANT_KEY, endingOfUser(userId)])
    },
  }
}
