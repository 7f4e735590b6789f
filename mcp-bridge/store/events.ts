/**
 * What resumable streams have sent, for the time after the bridge process that sent it.
 *
 * Key: `events:<SHA-256 of the session's id>` (list, oldest first), alive for SESSION_TIMEOUT after
 * the last event. Each entry holds the events of one writing, sealed: only who presents the id of
 * the session and is its owner can open it. Written behind: nobody waits for it, and what the store
 * cannot take is not kept.
 */

import type { ChainableCommander, Redis } from 'ioredis'
import type { Log } from '../../lib/platform/log.ts'
import { digest, openFor, sealFor } from '../../lib/platform/seal.ts'
import { type EventRecorder, parseEventId } from '../events.ts'
import {
  EVENTS_LEFT_SECONDS,
  EVENTS_STORED_BYTES_MAX,
  EVENTS_STORED_SHARE_BYTES,
  EVENTS_STORED_TOTAL_BYTES_MAX,
  EVENTS_UNWRITTEN_BYTES_MAX,
  EVENTS_WRITE_MS,
} from '../limits.ts'
import type { SessionOwner } from '../sessions.ts'

export interface RecoveredEvent {
  readonly id: string
  readonly json: string
}

export interface EventRecords {
  recorder(sessionId: string, owner: SessionOwner): EventRecorder
  /**
   * What follows an event in its stream; undefined when nothing of that stream is kept, or when it
   * is somebody else's.
   */
  recover(
    sessionId: string,
    owner: SessionOwner,
    lastEventId: string,
  ): Promise<readonly RecoveredEvent[] | undefined>
  /** From now on what a session has sent outlives it: the process ends, and another one comes. */
  retain(): void
  /** Resolves when everything has been written, or could not be. */
  flush(): Promise<void>
}

export interface EventRecordsOptions {
  readonly redis: Redis
  readonly lifetimeSeconds: number
  readonly log: Log
}

export function redisEvents(options: EventRecordsOptions): EventRecords {
  return new WrittenBehind(options)
}

/** One session's entry in the store, and what is on its way there. */
interface Written {
  readonly key: string
  readonly seal: (plain: string) => string
  /** `<id> <message>` each. */
  lines: string[]
  lineBytes: number
  /** Bytes of each entry that the store has. */
  readonly entries: number[]
  state: 'open' | 'ended' | 'forgotten'
}

class WrittenBehind implements EventRecords {
  readonly #options: EventRecordsOptions
  readonly #due = new Set<Written>()
  #unwrittenBytes = 0
  #storedBytes = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #isRetaining = false
  /** Whether the last writing failed, which was told once. */
  #isFailing = false

  constructor(options: EventRecordsOptions) {
    this.#options = options
  }

  recorder(sessionId: string, owner: SessionOwner): EventRecorder {
    let written: Written | undefined
    return {
      append: (id, json) => {
        written ??= toWritten(sessionId, owner)
        this.#append(written, `${id} ${json}`)
      },
      end: (isForgotten) => {
        if (written !== undefined && !this.#isRetaining) this.#end(written, isForgotten)
      },
    }
  }

  async recover(
    sessionId: string,
    owner: SessionOwner,
    lastEventId: string,
  ): Promise<readonly RecoveredEvent[] | undefined> {
    const from = parseEventId(lastEventId)
    if (from === undefined) return undefined
    await this.flush()
    const entries = await this.#options.redis.lrange(keyOf(sessionId), 0, -1)
    const context = contextOf(owner)
    const ofStream = entries
      .flatMap((entry) => openFor(sessionId, entry, context)?.split('\n') ?? [])
      .map(toRecovered)
      .filter(({ mark, stream }) => mark === from.mark && stream === from.stream)
    if (ofStream.length === 0) return undefined
    return ofStream.filter(({ place }) => place > from.place).map(({ id, json }) => ({ id, json }))
  }

  retain(): void {
    this.#isRetaining = true
  }

  async flush(): Promise<void> {
    await this.#writing
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#due.size > 0) await this.#write()
  }

  #append(written: Written, line: string): void {
    const bytes = Buffer.byteLength(line)
    const isTooMuch = this.#unwrittenBytes + bytes > EVENTS_UNWRITTEN_BYTES_MAX
    if (written.state !== 'open' || isTooMuch || bytes > EVENTS_STORED_BYTES_MAX) return
    written.lines.push(line)
    this.#count(written, bytes)
    while (written.lineBytes > EVENTS_STORED_BYTES_MAX) {
      this.#count(written, -Buffer.byteLength(written.lines.shift() ?? ''))
    }
    this.#schedule(written)
  }

  #end(written: Written, isForgotten: boolean): void {
    written.state = isForgotten ? 'forgotten' : 'ended'
    if (isForgotten) this.#takeLines(written)
    this.#schedule(written)
  }

  #schedule(written: Written): void {
    this.#due.add(written)
    if (this.#writing !== undefined) return
    this.#timer ??= setTimeout(() => void this.#write(), EVENTS_WRITE_MS).unref()
  }

  async #write(): Promise<void> {
    this.#timer = undefined
    this.#writing = this.#writeDue()
    await this.#writing
    this.#writing = undefined
    // What came meanwhile.
    const [next] = this.#due
    if (next !== undefined) this.#schedule(next)
  }

  async #writeDue(): Promise<void> {
    const { redis, log } = this.#options
    const pipeline = redis.pipeline()
    for (const written of this.#due) this.#add(pipeline, written)
    this.#due.clear()
    try {
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) log.warn({ err: error }, 'events of streams could not be written')
      this.#isFailing = true
    }
  }

  #add(pipeline: ChainableCommander, written: Written): void {
    const { key, seal, entries, state } = written
    if (state === 'forgotten') pipeline.del(key)
    else {
      if (written.lines.length > 0) {
        const sealed = seal(this.#takeLines(written).join('\n'))
        pipeline.rpush(key, sealed)
        entries.push(sealed.length)
        this.#storedBytes += sealed.length
      }
      // Counted from the newest: the store may have let the others go, or never had them.
      if (this.#dropOutdated(entries)) pipeline.ltrim(key, -entries.length, -1)
      const { lifetimeSeconds } = this.#options
      const seconds = state === 'open' ? lifetimeSeconds : EVENTS_LEFT_SECONDS
      pipeline.expire(key, Math.min(seconds, lifetimeSeconds))
    }
    if (state !== 'open') for (const bytes of entries.splice(0)) this.#storedBytes -= bytes
  }

  /** Counts oldest entries out that are too much; returns whether there were any. One is left. */
  #dropOutdated(entries: number[]): boolean {
    const isCrowded = this.#storedBytes > EVENTS_STORED_TOTAL_BYTES_MAX
    const most = isCrowded ? EVENTS_STORED_SHARE_BYTES : EVENTS_STORED_BYTES_MAX
    let sum = entries.reduce((total, bytes) => total + bytes, 0)
    const before = entries.length
    while (sum > most && entries.length > 1) {
      const bytes = entries.shift() ?? 0
      sum -= bytes
      this.#storedBytes -= bytes
    }
    return entries.length < before
  }

  #takeLines(written: Written): string[] {
    const { lines } = written
    written.lines = []
    this.#count(written, -written.lineBytes)
    return lines
  }

  #count(written: Written, bytes: number): void {
    written.lineBytes += bytes
    this.#unwrittenBytes += bytes
  }
}

function toWritten(sessionId: string, owner: SessionOwner): Written {
  const context = contextOf(owner)
  return {
    key: keyOf(sessionId),
    seal: (plain) => sealFor(sessionId, plain, context),
    lines: [],
    lineBytes: 0,
    entries: [],
    state: 'open',
  }
}

function toRecovered(line: string): RecoveredEvent & NonNullable<ReturnType<typeof parseEventId>> {
  const end = line.indexOf(' ')
  const id = line.slice(0, end)
  const place = parseEventId(id)
  if (place === undefined) throw new Error('an event in the store has no id')
  return { ...place, id, json: line.slice(end + 1) }
}

function keyOf(sessionId: string): string {
  return `events:${digest(sessionId)}`
}

/** The session's own id opens it, and only for its owner. */
function contextOf({ user, client, service }: SessionOwner): string {
  return JSON.stringify(['events', user, client, service])
}
