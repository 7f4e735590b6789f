/** Requests without a session that last: streams, subscriptions, leaving, and several people at once. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { StatelessAnswer } from '../../mcp-bridge/stateless/stateless-answer.ts'
import { Ticker } from '../../mcp-bridge/ticker.ts'
import { type Caller, fixture, PATIENT_LEASE_MS, startBridge } from '../support/bridge.ts'
import { allEvents, events, json, type RpcBody } from '../support/mcp.ts'
import { ask, callTool, type StatelessOptions } from '../support/stateless.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const folder = mkdtempSync(join(tmpdir(), 'stateless-'))
const diary = join(folder, 'diary')
const program = join(import.meta.dirname, '../fixtures/both-eras.ts')

const bridge = await startBridge({
  services: {
    fix: fixture('conformance/main.ts', { isolation: 'shared' }),
    other: fixture('both-eras.ts'),
    tasks: fixture('keeps-tasks.ts', { isolation: 'shared' }),
    slow: fixture('both-eras.ts', { isolation: 'shared', args: [program, diary] }),
  },
  environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
})
test.after.always(async () => {
  await bridge.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ANN: Caller = { user: 'dev:ann' }
const BOB: Caller = { user: 'dev:bob', name: 'bob', client: 'client-2', grant: '2-grant' }
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'

const count = (to: number, ms: number, options: StatelessOptions = {}): Promise<Response> =>
  callTool(bridge, 'slow', 'count', { to, ms }, options)

const diaryHas = async (line: string, times: number): Promise<boolean> => {
  const has = (): boolean => readFileSync(diary, 'utf8').split(line).length > times
  for (let attempt = 0; attempt < 200 && !has(); attempt += 1) await sleep(50)
  return has()
}

const subscriptionOf = ({ params }: RpcBody): unknown => {
  const meta = params?.['_meta'] as Record<string, unknown> | undefined
  return meta?.[SUBSCRIPTION]
}

/** The next of its messages; what follows waits. */
async function next(messages: AsyncGenerator<RpcBody>): Promise<RpcBody> {
  const { value, done } = await messages.next()
  if (done) throw new Error('the stream has ended')
  return value
}

verifies('stateless-leaving', async (t) => {
  const leave = new AbortController()
  const options = { progressToken: 'p', signal: leave.signal }
  const left = await count(100, 100, options)
  const stays = count(12, 100, { id: 1, progressToken: 'p' })
  for await (const _ of events(left)) break
  leave.abort()
  t.true(await diaryHas('cancelled', 1))
  const heard = await allEvents(await stays)
  t.is(heard.length, 13)
  t.regex(JSON.stringify(heard.at(-1)?.result), /counted to 12/)
  t.is(readFileSync(diary, 'utf8').split('cancelled').length, 2, 'the other one went on')
})

verifiesAlone('stateless-first-byte', async (t) => {
  const startedAt = performance.now()
  const leave = new AbortController()
  const args = { to: 1, ms: 20_000 }
  const response = await callTool(bridge, 'other', 'count', args, { signal: leave.signal })
  t.is(response.headers.get('content-type'), 'text/event-stream')
  t.is(response.headers.get('x-accel-buffering'), 'no')
  t.is(response.headers.get('mcp-session-id'), null)
  const reader = response.body?.getReader()
  t.true(((await reader?.read())?.value?.length ?? 0) > 0)
  t.true(performance.now() - startedAt < 15_000)
  leave.abort()
})

verifies('stateless-keep-alive', async (t) => {
  const ports = { keepAlive: new Ticker(20), firstBytes: new Ticker(10) }
  const server = createServer((request, response) => {
    const answer = new StatelessAnswer({ request, response }, ports)
    if (request.url === '/listen') answer.begin()
    else answer.expect()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const path of ['/listen', '/call']) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.split('\n').length > 5) break
    }
    t.regex(text, /^(?::[^\n]*\n+)+$/, 'comments, and nothing else')
  }
  server.closeAllConnections()
  server.close()
})

verifies('stateless-listen', async (t) => {
  const listen = async (notifications: object, id: unknown, caller: Caller) => {
    const leave = new AbortController()
    const { signal } = leave
    const response = await ask(
      bridge,
      'fix',
      'subscriptions/listen',
      { notifications },
      { id, caller, signal },
    )
    t.is(response.headers.get('content-type'), 'text/event-stream')
    return { leave, messages: events(response) }
  }
  // One process, one id, two people; and one of them twice.
  const tools = await listen({ toolsListChanged: true }, 7, ANN)
  const both = await listen({ toolsListChanged: true, promptsListChanged: true }, 7, BOB)
  const prompts = await listen({ promptsListChanged: true }, 'other', ANN)
  for (const [{ messages }, notifications, id] of [
    [tools, { toolsListChanged: true }, 7],
    [both, { toolsListChanged: true, promptsListChanged: true }, 7],
    [prompts, { promptsListChanged: true }, 'other'],
  ] as const) {
    const first = await next(messages)
    t.is(first.method, 'notifications/subscriptions/acknowledged')
    t.deepEqual(first.params?.['notifications'], notifications)
    t.is(subscriptionOf(first), id)
  }
  for (const name of ['test_trigger_tool_change', 'test_trigger_prompt_change']) {
    await json(callTool(bridge, 'fix', name))
  }
  const changed = async ({ messages }: typeof tools) => {
    const message = await next(messages)
    return [message.method, subscriptionOf(message)]
  }
  t.deepEqual(await changed(tools), ['notifications/tools/list_changed', 7])
  t.deepEqual(await changed(both), ['notifications/tools/list_changed', 7])
  t.deepEqual(await changed(both), ['notifications/prompts/list_changed', 7])
  t.deepEqual(await changed(prompts), ['notifications/prompts/list_changed', 'other'])
  both.leave.abort()
  await json(callTool(bridge, 'fix', 'test_trigger_tool_change'))
  t.deepEqual(await changed(tools), ['notifications/tools/list_changed', 7], 'who stays goes on')
  for (const { leave } of [tools, prompts]) leave.abort()
})

verifiesAlone('stateless-logs', async (t) => {
  const said = async (logLevel: string | undefined) => {
    const envelope = logLevel === undefined ? {} : { logLevel }
    const options = { envelope, progressToken: 'p', id: 'mine' }
    const heard = await allEvents(await count(2, 50, options))
    return heard.map(({ method = 'answer' }) => method)
  }
  const progress = 'notifications/progress'
  const message = 'notifications/message'
  t.deepEqual(await said(undefined), [progress, progress, 'answer'])
  t.deepEqual(await said('error'), [progress, progress, 'answer'])
  t.deepEqual(await said('info'), [message, progress, message, progress, 'answer'])
})

verifies('stateless-ids-equal', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const name = `test_prompt_with_arguments`
      const params = { name, arguments: { arg1: String(index), arg2: 'x' } }
      return await json(ask(bridge, 'fix', 'prompts/get', params, { id: 'same' }))
    }),
  )
  for (const [index, { id, result }] of answers.entries()) {
    t.is(id, 'same')
    t.regex(JSON.stringify(result?.['messages']), new RegExp(`arg1='${index}'`))
  }
})

verifies('stateless-tasks', async (t) => {
  const { result: task } = await json(callTool(bridge, 'tasks', 'begin', {}, { caller: ANN }))
  t.like(task, { resultType: 'task', status: 'working' })
  const taskId = String(task?.['taskId'])
  const about = (method: string, caller: Caller) => {
    const options = { caller, headers: { 'mcp-name': taskId } }
    return json(ask(bridge, 'tasks', method, { taskId }, options))
  }
  t.like((await about('tasks/get', ANN)).result, { taskId })
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    t.is((await about(method, BOB)).error?.code, -32602, method)
  }
  t.is((await about('tasks/list', BOB)).error?.code, -32601)
  const listen = async (caller: Caller) => {
    const leave = new AbortController()
    const notifications = { taskIds: [taskId] }
    const options = { caller, signal: leave.signal }
    const response = ask(bridge, 'tasks', 'subscriptions/listen', { notifications }, options)
    return { leave, messages: events(await response) }
  }
  const [ann, bob] = [await listen(ANN), await listen(BOB)]
  const acknowledged = async ({ messages }: typeof ann) => (await next(messages)).params
  t.like(await acknowledged(ann), { notifications: { taskIds: [taskId] } })
  t.like(await acknowledged(bob), { notifications: { taskIds: [] } })
  t.deepEqual((await about('tasks/update', ANN)).result, { resultType: 'complete' })
  const told = await next(ann.messages)
  t.is(told.method, 'notifications/tasks')
  t.is(told.params?.['taskId'], taskId)
  const silent = sleep(300, 'nothing', { ref: false })
  t.is(await Promise.race([next(bob.messages), silent]), 'nothing')
  for (const { leave } of [ann, bob]) leave.abort()
})

verifiesAlone('stateless-people', async (t) => {
  const hears = async (caller: Caller, to: number, logLevel?: string) => {
    const envelope = logLevel === undefined ? {} : { logLevel }
    const options = { caller, envelope, progressToken: 'same', id: 1 }
    const heard = await allEvents(await count(to, 30, options))
    const answer = heard.pop()
    const of = (method: string) => heard.filter((one) => one.method === method)
    return {
      text: JSON.stringify(answer?.result?.['content']),
      totals: [...new Set(of('notifications/progress').map(({ params }) => params?.['total']))],
      tokens: [
        ...new Set(of('notifications/progress').map(({ params }) => params?.['progressToken'])),
      ],
      logs: of('notifications/message').length,
      others: heard.length - of('notifications/progress').length,
    }
  }
  const all = await Promise.all([hears(ANN, 11, 'info'), hears(BOB, 12), hears(BOB, 13)])
  const processes = new Set(all.map(({ text }) => / in (\d+)/.exec(text)?.[1]))
  t.is(processes.size, 1, 'they share it')
  for (const [index, { text, totals, tokens }] of all.entries()) {
    t.regex(text, new RegExp(`counted to ${11 + index}`))
    t.deepEqual(totals, [11 + index])
    t.deepEqual(tokens, ['same'])
  }
  t.deepEqual(
    all.map(({ logs, others }) => [logs, others]),
    [
      [11, 11],
      [0, 0],
      [0, 0],
    ],
    'log messages reach who asked for them',
  )
})
