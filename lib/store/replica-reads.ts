/** What a replica reads of the store: where it stands, the whole set, and the writes after a place in the stream. */

import type { Redis } from 'ioredis'
import type { StoreState } from './revocation.ts'
import { EPOCH_KEY, NUMBER_KEY, REVOCATIONS_KEY, STREAM_KEY } from './revocations.ts'

/** Before the first event of a stream. */
export const NOWHERE = '0-0'

/** One moment of the store. */
export interface Mark extends StoreState {
  /** The place in the stream to go on from. */
  readonly cursor: string
}

export interface StreamEvent {
  readonly id: string
  readonly number: number
  /** Member and entry; undefined when the published keys have changed. */
  readonly revocation?: readonly [string, string]
}

const SCAN_COUNT = 1000
const EVENTS_MAX = 1000

/** Atomic. @throws Error when the store does not answer, or has no epoch. */
export async function readMark(redis: Redis): Promise<Mark> {
  const replies = await redis
    .multi()
    .hmget(EPOCH_KEY, 'id', 'not_before')
    .get(NUMBER_KEY)
    .xrevrange(STREAM_KEY, '+', '-', 'COUNT', 1)
    .exec()
  const [epoch, number, last] = (replies ?? []).map(([error, value]) => {
    if (error) throw error
    return value
  }) as [[string | null, string | null] | undefined, string | null, [string, string[]][]]
  const [id, notBefore] = epoch ?? []
  if (!id || !notBefore) throw new Error('the store has no epoch')
  return {
    epoch: { id, notBefore: Number(notBefore) },
    number: Number(number ?? 0),
    cursor: last[0]?.[0] ?? NOWHERE,
  }
}

/** Every member with its entry; what is written meanwhile may be missing. */
export async function* readSet(redis: Redis): AsyncGenerator<[string, string]> {
  let cursor = '0'
  do {
    const [next, texts] = await redis.hscan(REVOCATIONS_KEY, cursor, 'COUNT', SCAN_COUNT)
    for (let index = 0; index + 1 < texts.length; index += 2) {
      yield [texts[index] ?? '', texts[index + 1] ?? '']
    }
    cursor = next
  } while (cursor !== '0')
}

/** Waits for `blockMs` until there is one; resolves with those that are there. */
export async function readEvents(
  redis: Redis,
  cursor: string,
  blockMs: number,
): Promise<StreamEvent[]> {
  const reply = await redis.xread(
    'COUNT',
    EVENTS_MAX,
    'BLOCK',
    blockMs,
    'STREAMS',
    STREAM_KEY,
    cursor,
  )
  return (reply?.[0]?.[1] ?? []).map(([id, fields]) => toEvent(id, fields))
}

/** Whether the stream still has what stood at `cursor`, or has come so far that this was trimmed. */
export async function goesOnFrom(
  redis: Redis,
  { cursor, number }: Pick<Mark, 'cursor' | 'number'>,
): Promise<boolean> {
  if (cursor === NOWHERE) return true
  const [first] = await redis.xrange(STREAM_KEY, cursor, '+', 'COUNT', 1)
  return first !== undefined && (first[0] === cursor || toEvent(...first).number > number)
}

function toEvent(id: string, fields: readonly string[]): StreamEvent {
  const fieldOf = (name: string): string | undefined => {
    const index = fields.indexOf(name)
    return index % 2 === 0 ? fields[index + 1] : undefined
  }
  const [member, entry] = [fieldOf('member'), fieldOf('entry')]
  const number = Number(fieldOf('number'))
  return member === undefined || entry === undefined
    ? { id, number }
    : { id, number, revocation: [member, entry] }
}
