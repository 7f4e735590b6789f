import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { CONGESTED_BYTES, STUCK_BEATS_MAX, UNSENT_BYTES_MAX } from '../../../mcp-bridge/limits.ts'
import { startSession, until } from '../../support/live-session.ts'

const STEP = 400_000
const CHUNK = 65_536

test('a client that does not read is noticed, and its server hears when it reads again', async (t) => {
  const { session, told, ask, say } = await startSession(t)
  const stream = await ask('GET')
  t.false(session.isCongested)
  for (let bytes = 0; bytes < 2 * CONGESTED_BYTES; bytes += STEP) say(STEP)
  t.true(session.isCongested)
  t.is(told.relieved, 0)
  let read = 0
  stream.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
  t.is(told.relieved, 1)
  await until(() => read > 2 * CONGESTED_BYTES)
  t.true(read > 2 * CONGESTED_BYTES, 'nothing of it is lost')
})

test('a client that never reads is cut off, and can come back', async (t) => {
  const { session, told, ask, say, budget } = await startSession(t)
  const stream = await ask('GET')
  const cut = new Promise((resolve) => stream.once('close', resolve))
  let said = 0
  for (; said < 4 * UNSENT_BYTES_MAX && session.isBusy; said += STEP) {
    say(STEP)
    await sleep(0)
  }
  t.true(said < 1.2 * UNSENT_BYTES_MAX, `cut after ${said} bytes`)
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
  t.true(budget.bytes <= 1.1 * CONGESTED_BYTES)
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  stream.on('error', () => {})
  await cut
  const lastEventId = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? ''
  const again = await ask('GET', { 'last-event-id': lastEventId })
  let more = ''
  again.setEncoding('utf8').on('data', (chunk: string) => {
    more += chunk
  })
  say(1)
  await until(() => more.includes('"data":"x"'))
  const ids = [...more.matchAll(/^id: .*\.(\d+)$/gm)].map(([, place]) => Number(place))
  t.is(ids.at(-1), said / STEP + 1, 'what is kept, up to the newest')
  t.true(ids.length >= 3)
})

test('answers that nobody reads count, and no further call is taken', async (t) => {
  const { session, calls, ask, told } = await startSession(t)
  const answers: IncomingMessage[] = []
  const settle = async (): Promise<void> => {
    const answer = ask('POST')
    await until(() => calls.length > 0)
    const call = calls.pop()
    call?.settle({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(UNSENT_BYTES_MAX / 2) } })
    answers.push(await answer)
  }
  for (let n = 0; n < 2; n += 1) await settle()
  t.true(session.isCongested)
  const error = t.throws(() =>
    session.post(
      { messages: [{ jsonrpc: '2.0', id: 2, method: 'work' }], isBatch: false },
      {} as never,
      { json: true, stream: true },
      {} as never,
    ),
  )
  t.regex(error?.message ?? '', /read the answers first/)
  for (const answer of answers) answer.resume()
  await until(() => told.relieved > 0)
  await settle()
  t.is(answers.at(-1)?.statusCode, 200)
})

test('a large message to a client that reads is no reason to cut it', async (t) => {
  const { ask, say, session } = await startSession(t)
  const stream = await ask('GET')
  let read = 0
  stream.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  say(UNSENT_BYTES_MAX / 2)
  await until(() => read > UNSENT_BYTES_MAX / 2)
  say(10)
  await sleep(50)
  t.true(session.isBusy)
})

test('who leaves while it is congested relieves the server', async (t) => {
  const { ask, say, session, told } = await startSession(t)
  const stream = await ask('GET')
  for (let bytes = 0; bytes < 2 * CONGESTED_BYTES; bytes += STEP) say(STEP)
  t.true(session.isCongested)
  stream.destroy()
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
})

/** Of each: how long its call takes, so that the answer is JSON or a stream; undefined for the listening stream. */
const KINDS: Record<string, number | undefined> = {
  'a listening stream': undefined,
  'a JSON answer': 0,
  'an answer as a stream': 200,
}

type Started = Awaited<ReturnType<typeof startSession>>

/** Of which nothing has been read yet. */
async function answerOf({ ask, say, calls }: Started, waitMs: number | undefined, bytes: number) {
  const pending = ask(waitMs === undefined ? 'GET' : 'POST')
  if (waitMs === undefined) {
    const answer = await pending
    say(bytes)
    return answer
  }
  await until(() => calls.length > 0)
  await sleep(waitMs)
  calls[0]?.settle({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(bytes) } })
  return await pending
}

for (const [kind, waitMs] of Object.entries(KINDS)) {
  test(`who reads nothing of ${kind} for minutes is gone, and holds nobody up`, async (t) => {
    const started = await startSession(t, { keepAliveMs: 20 })
    const { session, told } = started
    const answer = await answerOf(started, waitMs, 2 * CONGESTED_BYTES)
    answer.on('error', () => {})
    t.true(session.isCongested)
    await until(() => told.relieved > 0)
    t.false(session.isCongested)
  })

  test(`who reads ${kind} slowly gets all of it`, async (t) => {
    const started = await startSession(t, { keepAliveMs: 100 })
    const size = 16_000_000
    const answer = await answerOf(started, waitMs, size)
    let got = 0
    answer.on('error', () => {})
    const startedAt = performance.now()
    while (got < size && !answer.destroyed) {
      const chunk = (answer.read(CHUNK) ?? answer.read()) as Buffer | null
      got += chunk?.length ?? 0
      await sleep(5)
    }
    t.true(got >= size, `${got} bytes of ${size}`)
    t.true(performance.now() - startedAt > STUCK_BEATS_MAX * 100, 'for longer than nobody may wait')
  })
}

test('a client that comes back on another connection is not held up by the one before', async (t) => {
  const { ask, say, session, told } = await startSession(t)
  const lost = await ask('GET')
  lost.on('error', () => {})
  say(2 * CONGESTED_BYTES)
  t.true(session.isCongested)
  const back = await ask('GET')
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
  say(3)
  let text = ''
  back.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await until(() => text.includes('"xxx"'))
  t.true(text.includes('"xxx"'))
})

/** A stream of which the client has the first id; its answer has come since. */
async function completed(started: Started, bytes: number): Promise<string> {
  const { ask, calls } = started
  const pending = ask('POST')
  await until(() => calls.length > 0)
  const answer = await pending
  let text = ''
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk.slice(0, 100)
  })
  await until(() => text !== '')
  calls[0]?.settle({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(bytes) } })
  await new Promise((resolve) => answer.once('end', resolve))
  return /^id: (.*)$/m.exec(text)?.[1] ?? ''
}

test('a stream that is sent again waits for one connection at a time, and counts', async (t) => {
  const started = await startSession(t)
  const { ask, session, told } = started
  const size = 16_000_000
  const id = await completed(started, size)
  await until(() => !session.isCongested)
  const before = told.relieved
  const earlier: IncomingMessage[] = []
  for (let n = 0; n < 5; n += 1) earlier.push(await ask('GET', { 'last-event-id': id }))
  t.true(session.isCongested)
  const last = await ask('GET', { 'last-event-id': id })
  for (const one of earlier) await t.throwsAsync(buffer(one), undefined, 'it was cut')
  t.true((await buffer(last)).length > size, 'who came last gets all of it')
  await until(() => told.relieved > before)
  t.false(session.isCongested)
})

test('who reads nothing of what is sent again is gone', async (t) => {
  const started = await startSession(t, { keepAliveMs: 20 })
  const id = await completed(started, 16_000_000)
  const unread = await started.ask('GET', { 'last-event-id': id })
  unread.on('error', () => {})
  t.true(started.session.isCongested)
  await until(() => !started.session.isCongested)
  t.false(started.session.isCongested)
})
