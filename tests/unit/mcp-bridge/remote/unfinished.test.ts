/** Answers of a remote server that do not come to an end: how much of them is kept. */

import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import {
  REMOTE_UNFINISHED_BYTES_MAX,
  REMOTE_UNFINISHED_SHARE_BYTES,
} from '../../../../mcp-bridge/limits.ts'
import { readEvents } from '../../../../mcp-bridge/remote/event-reader.ts'
import { Inbox, TooLarge } from '../../../../mcp-bridge/remote/inbox.ts'

const MESSAGE_BYTES_MAX = REMOTE_UNFINISHED_BYTES_MAX / 2
const LARGE_BYTES = MESSAGE_BYTES_MAX - 100_000
const CHUNK_BYTES = 1024 * 1024

/** The server is never too fast. */
function startInbox(): Inbox {
  let now = 0
  return new Inbox(MESSAGE_BYTES_MAX, () => {
    now += 1_000_000
    return now
  })
}

class Answer extends PassThrough {
  readonly complete = true

  get asIncoming(): IncomingMessage {
    return this as unknown as IncomingMessage
  }

  /** Resolves when it has been read, or was cut. */
  async say(text: string): Promise<void> {
    for (let at = 0; at < text.length && !this.destroyed; at += CHUNK_BYTES) {
      this.write(text.slice(at, at + CHUNK_BYTES))
      while (this.writableLength + this.readableLength > 0 && !this.destroyed) await turn()
    }
  }
}

/** Its outcome is of interest later, or not at all. */
function readText(inbox: Inbox) {
  const answer = new Answer()
  const text = inbox.readText(answer.asIncoming)
  text.catch(() => {})
  return { answer, text }
}

test('beginnings of answers are kept up to a bound, and small answers arrive all the same', async (t) => {
  const inbox = startInbox()
  const begun = [readText(inbox), readText(inbox)]
  for (const { answer } of begun) await answer.say('x'.repeat(LARGE_BYTES))
  const third = readText(inbox)
  await third.answer.say('x'.repeat(LARGE_BYTES))
  await t.throwsAsync(third.text, { instanceOf: TooLarge })
  const small = readText(inbox)
  await small.answer.say('x'.repeat(REMOTE_UNFINISHED_SHARE_BYTES))
  small.answer.end()
  t.is((await small.text)?.length, REMOTE_UNFINISHED_SHARE_BYTES)
  for (const { answer, text } of begun) {
    answer.end()
    t.is((await text)?.length, LARGE_BYTES)
  }
  const next = readText(inbox)
  await next.answer.say('x'.repeat(LARGE_BYTES))
  next.answer.end()
  t.is((await next.text)?.length, LARGE_BYTES, 'what has come to its end is not kept')
})

test('beginnings of events count as those of answers do, whole events and comments do not', async (t) => {
  const inbox = startInbox()
  const got = { events: 0, oversized: 0 }
  const listen = () => {
    const answer = new Answer()
    const place = { lastEventId: undefined, retryMs: undefined }
    const over = readEvents(answer.asIncoming, inbox, place, {
      event: () => {
        got.events += 1
        return 1
      },
      oversized: () => {
        got.oversized += 1
        return false
      },
    })
    return { answer, over }
  }
  const talking = listen()
  const whole = `: ${'c'.repeat(1000)}\ndata: ${'x'.repeat(CHUNK_BYTES)}\n\n`
  for (let n = 0; n < 100; n += 1) await talking.answer.say(whole)
  await talking.answer.say(`: ${'c'.repeat(1000)}\n`.repeat(80_000))
  t.deepEqual(got, { events: 100, oversized: 0 })
  const stalled = [listen(), listen()]
  for (const { answer } of stalled) await answer.say(`data: ${'x'.repeat(LARGE_BYTES)}`)
  t.is(got.oversized, 0)
  const third = listen()
  await third.answer.say(`data: ${'x'.repeat(LARGE_BYTES)}`)
  await third.over
  t.is(got.oversized, 1)
  await talking.answer.say('data: small\n\n')
  t.is(got.events, 101)
  for (const { answer } of [talking, ...stalled]) answer.end()
  await Promise.all([talking, ...stalled].map(({ over }) => over))
})
