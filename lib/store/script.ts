/** Lua scripts: sent in full once, called by their hash from then on. */

import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/** Runs the script on these KEYS and ARGV; resolves with its reply as the store gives it. */
export type Script = (
  redis: Redis,
  keys: readonly string[],
  values?: readonly (string | number | Buffer)[],
) => Promise<unknown>

export interface ScriptOptions {
  /**
   * Whether it may write where the store's memory is full, which takes no other writes: for what ends access, and needs
   * a few bytes to say so.
   */
  readonly evenWhenFull?: boolean
}

/** The store forgets scripts when it restarts: whoever is told so sends the text again. */
export function defineScript(text: string, { evenWhenFull = false }: ScriptOptions = {}): Script {
  const lua = evenWhenFull ? `#!lua flags=allow-oom\n${text}` : text
  const hash = createHash('sha1').update(lua).digest('hex')
  return (redis, keys, values = []) =>
    redis.evalsha(hash, keys.length, ...keys, ...values).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return redis.eval(lua, keys.length, ...keys, ...values)
    })
}
