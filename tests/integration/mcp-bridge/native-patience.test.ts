/** Native servers that keep silent: how long anybody waits, what they are told, and when such a server is replaced. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { events, initializeBody, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { ask, callTool } from '../../support/stateless.ts'

const WAIT_MS = 15_000
const REPLACED_MS = 60_000
const diaries = mkdtempSync(join(tmpdir(), 'patience-'))
const PROGRAM = join(import.meta.dirname, '../../fixtures/native-server.ts')
const FROM_BRIDGE = relative(join(tmpdir(), 'bridge'), PROGRAM)

function native(name: string, kind: string, more: object): object {
  return { native: FROM_BRIDGE, args: [kind, join(diaries, name)], ...more }
}

const bridge = await startBridge({
  services: {
    slow: native('slow', 'stateless', { callTimeout: 1, callCeiling: 3 }),
    ends: native('ends', 'sessions', { callTimeout: 2, callCeiling: 4 }),
    frozen: native('frozen', 'stateless', { callTimeout: 2 }),
    stalled: native('stalled', 'stateless', { callTimeout: 2 }),
    mute: native('mute', 'mute', { callTimeout: 1 }),
  },
})
test.after.always(async () => {
  await bridge.stop()
  rmSync(diaries, { recursive: true, force: true })
})

function diary(name: string): Record<string, unknown>[] {
  const file = join(diaries, name)
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

const startsOf = (name: string): number =>
  readFileSync(join(diaries, `${name}.starts`), 'utf8')
    .trim()
    .split('\n').length

test('a call without a session that stays silent is answered with what to do, and left; the server stays', async (t) => {
  const call = await callTool(bridge, 'slow', 'hangs', {}, { id: 'mine' })
  t.is(call.status, 200)
  const { id, error } = await json(call)
  t.is(id, 'mine')
  t.regex(error?.message ?? '', /^the service slow: was silent for 1 s: .*callTimeout/)
  await until(async () => diary('slow').some(({ left }) => left === 'hangs'), WAIT_MS)
  t.deepEqual((await json(callTool(bridge, 'slow', 'answers'))).result?.['content'], [])
  t.is(startsOf('slow'), 1)
})

test('one that has begun to answer may think, up to the ceiling; a listening stream may stay', async (t) => {
  const collect = async (answer: Promise<Response>): Promise<RpcBody[]> => {
    const seen: RpcBody[] = []
    for await (const event of events(await answer)) seen.push(event)
    return seen
  }
  const leaving = new AbortController()
  let isOpen = true
  const listening = ask(bridge, 'slow', 'subscriptions/listen', {}, { signal: leaving.signal })
    .then(async (answer) => await answer.text())
    .catch(() => {})
    .finally(() => {
      isOpen = false
    })
  const begun = performance.now()
  const seen = await collect(callTool(bridge, 'slow', 'streams', {}, { id: 's' }))
  t.true(performance.now() - begun >= 2900)
  t.is(seen[0]?.method, 'notifications/begun')
  t.is(seen.at(-1)?.id, 's')
  t.regex(seen.at(-1)?.error?.message ?? '', /has not finished within 3 s: .*callCeiling/)
  t.true(isOpen)
  leaving.abort()
  await listening
})

test('a call of a session ends in the same way, and its server is told', async (t) => {
  const { id: session } = await open(bridge, 'ends')
  const call = rpc('tools/call', { name: 'never', arguments: {} }, 'n')
  const answer = await send(bridge, 'ends', call, { session })
  const seen: RpcBody[] = []
  for await (const event of events(answer)) seen.push(event)
  t.regex(seen.at(-1)?.error?.message ?? '', /has not finished within 4 s/)
  const isTold = () => diary('ends').some(({ method }) => method === 'notifications/cancelled')
  await until(async () => isTold(), WAIT_MS)
})

test('a session whose client leaves before it has its id ends, and its server is told', async (t) => {
  const leaving = new AbortController()
  const clientInfo = { name: 'patient', version: '1' }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
  const left = send(bridge, 'ends', rpc('initialize', params), { signal: leaving.signal })
  await until(async () => diary('ends').length > 0, WAIT_MS)
  leaving.abort()
  await t.throwsAsync(left)
  const isTold = () => diary('ends').some(({ method, session }) => method === undefined && session)
  await until(async () => isTold(), WAIT_MS)
})

test('one that answers nothing at all is ended, and whoever comes next has another', async (t) => {
  t.is((await callTool(bridge, 'frozen', 'answers')).status, 200)
  const [frozen, other] = await Promise.all(
    ['freezes', 'answers'].map(async (tool, index) => {
      if (index > 0) await until(async () => diary('frozen').some(isFreezing), WAIT_MS)
      return await json(callTool(bridge, 'frozen', tool))
    }),
  )
  t.regex(frozen?.error?.message ?? '', /was silent for 2 s/)
  t.regex(other?.error?.message ?? '', /was silent for 2 s/)
  const isServed = async (): Promise<boolean> => {
    const answer = await json(callTool(bridge, 'frozen', 'answers'))
    return answer.result !== undefined
  }
  await until(isServed, REPLACED_MS)
  t.is(startsOf('frozen'), 2)
})

test('also where nobody else asks, and it has begun to answer', async (t) => {
  const call = await callTool(bridge, 'stalled', 'stalls')
  t.is(call.status, 200)
  await t.throwsAsync(Promise.race([call.text(), sleep(REPLACED_MS)]), undefined, 'it is cut off')
  t.deepEqual((await json(callTool(bridge, 'stalled', 'answers'))).result?.['content'], [])
  t.is(startsOf('stalled'), 2)
})

const isFreezing = ({ tool }: Record<string, unknown>): boolean => tool === 'freezes'

test('initialize that is not answered is told as an error of its own', async (t) => {
  const answer = await send(bridge, 'mute', initializeBody())
  t.is(answer.status, 200)
  const { error } = await json(answer)
  t.regex(error?.message ?? '', /^the service mute: was silent for 1 s/)
})
