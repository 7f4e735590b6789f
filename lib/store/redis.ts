/** The connection to Redis or Valkey: bounded, prefixed, and never hanging. */

import { type Command, Redis, ReplyError } from 'ioredis'
import type { Figures } from '../platform/figures.ts'
import type { Log } from '../platform/log.ts'
import type { Secret } from '../platform/secret.ts'
import type { Tracing } from '../platform/tracing/tracing.ts'
import { toStoreAddress } from './address.ts'
import { traceCommands } from './trace-commands.ts'

/** Every key of ours begins so: a store may be shared with others. */
const KEY_PREFIX = 'mcp-gateway:'

export interface RedisOptions {
  /** `redis://`, `rediss://`, or `unix:///path/to.sock`. */
  readonly url: string
  readonly password?: Secret | undefined
  /** A command without an answer after this many milliseconds has failed. */
  readonly commandTimeoutMs: number
  /** Undefined where traces are off. */
  readonly tracing?: Tracing | undefined
}

const RECONNECT_MS_MAX = 1000
/** Whoever has said nothing for so long after a command's time has run out is taken to be gone. */
const SILENCE_MS = 2000
/** Of a connection that nobody uses, before the system asks whether the other end is there. */
const KEEP_ALIVE_MS = 10_000

/**
 * Connects in the background and again after each loss. While there is no connection a command
 * fails at once: the library's defaults would let it hang for minutes. A connection whose other end
 * is gone without a word would hold the commands that ran out of time, and be used for ever: it is
 * lost when commands wait and nothing comes. One that waits for nothing may be silent.
 */
export function connectRedis(options: RedisOptions, log: Log): Redis {
  const redis = new GatheringRedis({
    ...toStoreAddress(options.url),
    ...(options.password === undefined ? {} : { password: options.password.reveal() }),
    keyPrefix: KEY_PREFIX,
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: 1000,
    socketTimeout: options.commandTimeoutMs + SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_MS_MAX),
    lazyConnect: true,
  })
  if (options.tracing !== undefined) traceCommands(redis, options.tracing)
  redis.on('error', (error: Error) => log.warn({ err: error }, 'store connection'))
  redis.connect().catch(() => {
    // Reported by the error event; the retry strategy goes on.
  })
  return redis
}

/** Of commands that wait for the end of their turn. */
const GATHERED_BYTES_MAX = 3072

/**
 * What is sent within one turn of the event loop leaves in one system call. Each costs more than the
 * command itself takes to be written, and concurrent requests send theirs in the same turns. Larger
 * pieces do not wait: while the other requests of the turn have their tokens signed the store has
 * begun to write.
 */
class GatheringRedis extends Redis {
  /** Commands that got no answer. */
  failures = 0

  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    ;(sent[0] as Command).promise.catch((error: unknown) => {
      // What the store answers is no failure of the store.
      if (!(error instanceof ReplyError)) this.failures += 1
    })
    const { stream } = this
    // Before the first connection there is none, whatever the type says.
    if (stream?.writableCorked === 0) {
      stream.cork()
      setImmediate(() => stream.uncork())
    }
    const answer = super.sendCommand(...sent)
    if (stream && stream.writableLength > GATHERED_BYTES_MAX) {
      stream.uncork()
      stream.cork()
    }
    return answer
  }
}

/** How these connections fare, together. `unanswered`: where more than commands is counted. */
export function tellStore(
  figures: Figures,
  connections: readonly Redis[],
  unanswered = () => countUnanswered(connections),
): void {
  figures.gauge('store_connected', 'Whether the store can be asked: 1, or 0.', () => {
    return Number(connections.every(({ status }) => status === 'ready'))
  })
  figures.total('store_errors_total', 'Commands that the store did not answer.', unanswered)
}

/** How many commands got no answer on these connections. */
export function countUnanswered(connections: readonly Redis[]): number {
  return connections.reduce((sum, one) => sum + failuresOf(one), 0)
}

/** How much memory the store uses, and may use. */
export function tellStoreMemory(figures: Figures, redis: Redis): void {
  const read = async (name: string): Promise<readonly (readonly [readonly string[], number])[]> => {
    try {
      const value = new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.info('memory'))?.[1]
      const bytes = Number(value)
      // No limit is told as 0.
      return bytes > 0 ? [[[], bytes]] : []
    } catch {
      // That it is away is told by another figure.
      return []
    }
  }
  figures.gauges('store_memory_bytes', 'Memory that the store uses for its data.', [], () =>
    read('used_memory'),
  )
  figures.gauges(
    'store_memory_limit_bytes',
    'Memory that it may use (maxmemory); absent without a limit.',
    [],
    () => read('maxmemory'),
  )
}

function failuresOf(redis: Redis): number {
  return redis instanceof GatheringRedis ? redis.failures : 0
}

/** Resolves with the first `ready`, rejects after `timeoutMs`. */
export async function waitUntilReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(
    () => reject(new Error(`the store did not answer within ${timeoutMs} ms`)),
    timeoutMs,
  )
  redis.once('ready', resolve)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    redis.off('ready', resolve)
  }
}
