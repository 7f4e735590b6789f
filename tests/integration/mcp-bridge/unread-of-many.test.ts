/** Answers that nobody reads, in many sessions of one person. */

import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { UNSENT_BYTES_MAX } from '../../../mcp-bridge/limits.ts'
import { Unread } from '../../../mcp-bridge/unread.ts'
import { type SessionOptions, startSession, until } from '../../support/live-session.ts'

/** Calls of several sessions, each of which is answered with so much that nobody reads. */
async function settleAll(
  t: ExecutionContext,
  sessions: number,
  options: SessionOptions & { readonly waitMs: number; readonly bytes: number },
) {
  const asked = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const started = await startSession(t, options)
      const answer = started.ask('POST')
      await until(() => started.calls.length > 0)
      return { started, answer }
    }),
  )
  await sleep(options.waitMs)
  const answers: IncomingMessage[] = []
  for (const { started, answer } of asked) {
    const result = { text: 'x'.repeat(options.bytes) }
    started.calls[0]?.settle({ jsonrpc: '2.0', id: 1, result })
    answers.push((await answer).on('error', () => {}))
  }
  return answers
}

/** Of everything that has been sent, how much has not been read: an answer that was cut or refused is short. */
async function sizesOf(answers: readonly IncomingMessage[]): Promise<readonly number[]> {
  return await Promise.all(
    answers.map((answer) =>
      buffer(answer).then(
        ({ length }) => length,
        () => -1,
      ),
    ),
  )
}

for (const [kind, waitMs, refused] of [
  ['streams', 200, 'cut'],
  ['JSON answers', 0, 'an error'],
] as const) {
  test.serial(
    `${kind} of many sessions of one person count together; another's are sent`,
    async (t) => {
      const unread = new Unread()
      const bytes = UNSENT_BYTES_MAX / 2
      const answers = await settleAll(t, 6, { unread, waitMs, bytes })
      const others = await settleAll(t, 1, { unread, waitMs, bytes, user: 'dev:ben' })
      const sizes = await sizesOf(answers)
      t.deepEqual(
        sizes.map((size) => size > bytes),
        [true, true, false, false, false, false],
        `what goes beyond the bound is ${refused}`,
      )
      t.true(((await sizesOf(others))[0] ?? 0) > bytes)
      const [next = 0] = await sizesOf(await settleAll(t, 1, { unread, waitMs, bytes }))
      t.true(next > bytes, 'what has been read has room again')
    },
  )
}
