/** A remote server's event stream (WHATWG HTML section 9.2), read until its end. */

import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { REMOTE_RETRY_MAX_MS, REMOTE_RETRY_MIN_MS } from '../limits.ts'
import { StreamText } from '../stream-text.ts'
import type { Inbox } from './inbox.ts'

export interface RemoteEvent {
  readonly event: string
  readonly data: string
}

export interface EventSink {
  /** Returns how many messages there were in it. */
  event(event: RemoteEvent): number
  /** Anything at all has come. */
  alive?(): void
  /** An event was too large to be kept; returns whether to go on after it. */
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
  const parser = createParser({
    maxBufferSize: inbox.bytesMax,
    onEvent: ({ id, event = 'message', data }) => {
      bytes = 0
      if (id !== undefined) place.lastEventId = EVENT_ID.test(id) ? id : undefined
      messages += sink.event({ event, data })
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
      isTooLarge = false
      bytes = 0
      kept.end()
      parser.reset()
      if (!sink.oversized()) answer.destroy()
    }
    return messages
  })
  kept.end()
  return isWhole
}
