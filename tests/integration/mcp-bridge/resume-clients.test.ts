import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import test, { type ExecutionContext } from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { CUT, startCuttingProxy } from '../../support/cutting-proxy.ts'
import { pythonWith } from '../../support/python-client.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '../../clients/python/streams.py')
const bridge = await startBridge({ services: { slow: fixture('works-slowly.ts') } })
test.after.always(() => bridge.stop())

async function connect(t: ExecutionContext) {
  const proxy = await startCuttingProxy(bridge)
  const client = new Client({ name: 'resuming', version: '1' })
  const errors: string[] = []
  client.onerror = ({ message }) => void errors.push(message)
  await client.connect(new StreamableHTTPClientTransport(new URL(`${proxy.url}/slow/mcp`)))
  t.teardown(async () => {
    await client.close()
    proxy.stop()
  })
  const comings = () => proxy.requests.filter(({ lastEventId }) => lastEventId !== undefined)
  return { client, proxy, errors, comings }
}

const work = (client: Client, args: object, options: object = {}) =>
  client.request(
    { method: 'tools/call', params: { name: 'work', arguments: args } },
    CallToolResultSchema,
    {
      timeout: 20_000,
      ...options,
    },
  )

test('the TypeScript client gets its answer over a connection that was cut', async (t) => {
  const { client, comings } = await connect(t)
  const progress: number[] = []
  const args = { steps: 3, ms: 400, bytes: 3, note: CUT }
  const onprogress = (one: { progress: number }) => void progress.push(one.progress)
  const { content } = await work(client, args, { onprogress })
  t.deepEqual(content, [{ type: 'text', text: 'xxx' }])
  t.deepEqual(progress, [1, 2, 3])
  t.deepEqual(
    comings().map(({ status }) => status),
    [200],
  )
})

test('the TypeScript client neither hangs nor comes back for ever after an error', async (t) => {
  const { client, errors, comings } = await connect(t)
  await t.throwsAsync(work(client, { steps: 2, ms: 200, fails: true }), { message: /it failed/ })
  await sleep(2500)
  await until(() => comings().every(({ status }) => status !== undefined))
  t.true(comings().every(({ status }) => status === 204))
  t.true(comings().length <= 1)
  t.deepEqual(errors, [])
})

test('the TypeScript client that cancels goes on with its next call', async (t) => {
  const { client, errors, comings } = await connect(t)
  const cancel = new AbortController()
  const waiting = work(client, { steps: 50, ms: 100 }, { signal: cancel.signal })
  await sleep(400)
  cancel.abort('enough')
  await t.throwsAsync(waiting)
  await sleep(2500)
  await until(() => comings().every(({ status }) => status !== undefined))
  t.true(comings().every(({ status }) => status === 204))
  t.true(comings().length <= 1)
  t.deepEqual((await work(client, { bytes: 1 })).content, [{ type: 'text', text: 'x' }])
  t.deepEqual(errors, [])
})

test('the TypeScript client hears what was said while its listening stream was cut', async (t) => {
  const { client, proxy } = await connect(t)
  const heard: unknown[] = []
  client.fallbackNotificationHandler = async ({ params }) => void heard.push(params?.['n'])
  const say = (times: number, after: number) =>
    client.request({ method: 'say', params: { times, after } }, ResultSchema)
  await say(2, 50)
  await until(() => heard.length === 2)
  proxy.cutListening()
  await say(3, 50)
  await until(() => heard.length === 5)
  t.deepEqual(heard, [0, 1, 0, 1, 2])
})

async function until(isDone: () => boolean): Promise<void> {
  for (let time = 0; time < 200 && !isDone(); time += 1) await sleep(50)
}

for (const [version, mode] of [
  ['1.30.0', 'legacy'],
  ['2.3.0', 'legacy'],
  ['2.3.0', 'auto'],
] as const) {
  const python = await pythonWith(version)
  const title = `the Python client ${version} (${mode}) copes with calls that are cut, fail or are cancelled`
  if (python === undefined) {
    test.skip(`${title} (skipped: needs Python 3.10, venv and a package index)`, () => {})
    continue
  }
  test(title, async (t) => {
    const proxy = await startCuttingProxy(bridge)
    t.teardown(() => proxy.stop())
    const { stdout } = await run(python, [SCRIPT, `${proxy.url}/slow/mcp`, mode], {
      timeout: 60_000,
    })
    const { cut, failed, cancelled, after } = JSON.parse(stdout) as Record<string, object>
    t.like(failed, { error: 'it failed', progress: [1, 2] })
    t.like(cancelled, { timeout: true })
    t.like(after, { text: 'x' })
    const resumed = proxy.requests.filter(({ lastEventId }) => lastEventId !== undefined)
    if (mode === 'auto') {
      // Without a session a broken stream cannot be taken up again: the request is lost, and that is said.
      t.true('error' in (cut ?? {}))
      t.is(resumed.length, 0)
      return
    }
    t.deepEqual(cut, { text: 'xxx', progress: [1, 2, 3] })
    const statuses = resumed.map(({ status }) => status)
    t.is(statuses.shift(), 200)
    t.true(statuses.length <= 2 && statuses.every((status) => status === 204))
  })
}
