/** A remote server's event stream (WHATWG HTML section 9.2), read until its end. */

import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { REMOTE_RETRY_MAX_MS, REMOTE_RETRY_MIN_MS } from '../limits.ts'
import { StreamText } from '../stream-text.ts'
import { type Inbox, TooLarge } from './inbox.ts'

export interface RemoteEvent {
  readonly event: string
  readonly data: string
}

export interface EventSink {
  /**
   * Returns how many messages there were in it.
   * @throws TooLarge
   */
  event(event: RemoteEvent): number
  /** Anything at all has come. */
  alive?(): void
  /** An event was too large to be kept, or read; returns whether to go on after it. */
  oversized(): boolean
}

/** Where a stream was when it ended, for whoever takes it up again. */
export interface StreamPlace {
  /** Undefined when the server gave none: it cannot be taken up. */
  lastEventId: string | undefined
  retryMs: number | undefined
}

/** Its colon, and the end of its line. */
const COMMENT_BYTES_BESIDE = 2
const EVENT_ID = /^[\x21-\x7e]{1,1024}$/

/** Returns whether it came to its proper end; `place` is kept up to date. */
export async function readEvents(
  answer: IncomingMessage,
  inbox: Inbox,
  place: StreamPlace,
  sink: EventSink,
): Promise<boolean> {
  const text = new StreamText()
  const kept = inbox.unfinished.begin()
  let bytes = 0
  let messages = 0
  let isTooLarge = false
  let isSkipped = false
  const parser = createParser({
    maxBufferSize: inbox.bytesMax,
    onEvent: ({ id, event = 'message', data }) => {
      bytes = 0
      if (id !== undefined) place.lastEventId = EVENT_ID.test(id) ? id : undefined
      try {
        messages += sink.event({ event, data })
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error
        isSkipped = true
      }
    },
    onComment: (comment) => {
      bytes = Math.max(0, bytes - comment.length - COMMENT_BYTES_BESIDE)
    },
    onRetry: (retry) => {
      place.retryMs = Math.min(Math.max(retry, REMOTE_RETRY_MIN_MS), REMOTE_RETRY_MAX_MS)
    },
    onError: ({ type }) => {
      isTooLarge ||= type === 'max-buffer-size-exceeded'
    },
  })
  const isWhole = await inbox.follow(answer, (chunk) => {
    messages = 0
    bytes += chunk.length
    sink.alive?.()
    parser.feed(text.decode(chunk))
    isTooLarge ||= kept.keeps(bytes)
    if (isTooLarge) {
      bytes = 0
      kept.end()
      parser.reset()
    }
    if (isTooLarge || isSkipped) {
      isTooLarge = false
      isSkipped = false
      if (!sink.oversized()) answer.destroy()
    }
    return messages
  })
  kept.end()
  return isWhole
}
