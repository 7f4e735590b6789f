/** Official clients of every generation in front of server-everything and of calls that are cut. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import test, { type ExecutionContext } from 'ava'
import { fixture, startBridge } from '../support/bridge.ts'
import { CUT, startCuttingProxy } from '../support/cutting-proxy.ts'
import { json, rpc, send } from '../support/mcp.ts'
import { pythonWith } from '../support/python-client.ts'
import { type SecondClient, secondSdk } from '../support/second-sdk.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '../clients/python/callbacks.py')
const bridge = await startBridge({ services: { slow: fixture('works-slowly.ts') } })
// Fetched where it is not there yet: after the first word to ava there is no more waiting.
const sdk = await secondSdk()
test.after.always(() => bridge.stop())

const textOf = ({ content }: { content: { text?: string }[] }) =>
  content.map(({ text }) => text ?? '').join('\n')

async function connect(
  t: ExecutionContext,
  service: string,
  mode: string,
  prepare: (client: SecondClient) => void = () => {},
) {
  if (sdk === undefined) throw new Error('not here')
  const proxy = await startCuttingProxy(bridge)
  const client = new sdk.Client(
    { name: 'second', version: '1' },
    {
      capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
      versionNegotiation: { mode },
    },
  )
  prepare(client)
  const url = new URL(`${proxy.url}/${service}/mcp`)
  await client.connect(new sdk.StreamableHTTPClientTransport(url))
  t.teardown(async () => {
    await client.close()
    proxy.stop()
  })
  return { client, proxy }
}

const second = sdk === undefined ? test.skip : test
const NEEDS = sdk === undefined ? ' (skipped: needs a package registry)' : ''

for (const mode of ['legacy', 'auto']) {
  second(
    `the second TypeScript SDK, ${mode}: progress, and everything a server can ask`,
    async (t) => {
      const { client } = await connect(t, 'everything', mode, (one) => {
        one.setRequestHandler('sampling/createMessage', () => ({
          model: 'm',
          role: 'assistant',
          content: { type: 'text', text: 'sampled-answer' },
        }))
        one.setRequestHandler('elicitation/create', () => ({ action: 'decline' }))
        one.setRequestHandler('roots/list', () => ({
          roots: [{ uri: 'file:///root-of-the-client', name: 'mine' }],
        }))
      })
      t.true((await client.listTools()).tools.length > 5)
      const seen: number[] = []
      const operation = {
        name: 'trigger-long-running-operation',
        arguments: { duration: 1, steps: 5 },
      }
      await client.callTool(operation, {
        onprogress: ({ progress }: { progress: number }) => seen.push(progress),
      })
      // Coming back with an answer (2026-07-28) this SDK tells the last of before again.
      t.deepEqual([...new Set(seen)], [1, 2, 3, 4, 5])
      const call = async (name: string, args: object = {}) =>
        textOf(await client.callTool({ name, arguments: args }))
      t.regex(
        await call('trigger-sampling-request', { prompt: 'p', maxTokens: 5 }),
        /sampled-answer/,
      )
      t.regex(await call('trigger-elicitation-request'), /decline/i)
      t.regex(await call('get-roots-list'), /root-of-the-client/)
    },
  )

  second(`the second TypeScript SDK, ${mode}: a cancelled call ends${NEEDS}`, async (t) => {
    const { client } = await connect(t, 'slow', mode)
    const work = (args: object, options: object = {}) =>
      client.callTool({ name: 'work', arguments: args }, { timeout: 20_000, ...options })
    const cancel = new AbortController()
    const waiting = work({ steps: 50, ms: 100 }, { signal: cancel.signal })
    await sleep(400)
    cancel.abort('enough')
    await t.throwsAsync(waiting)
    t.is(textOf(await work({ bytes: 1 })), 'x')
  })
}

// Without sessions whoever is cut off has left: there is nothing to come back to.
second(`the second TypeScript SDK, legacy: a cut call is resumed${NEEDS}`, async (t) => {
  const { client, proxy } = await connect(t, 'slow', 'legacy')
  const args = { steps: 3, ms: 400, bytes: 3, note: CUT }
  const answer = await client.callTool({ name: 'work', arguments: args }, { timeout: 20_000 })
  t.is(textOf(answer), 'xxx')
  t.true(proxy.requests.some(({ lastEventId }) => lastEventId !== undefined))
})

test('the first TypeScript SDK: a client that begins anew goes on with its token', async (t) => {
  const url = new URL('http://gateway/slow/mcp')
  const about = { name: 'first', version: '1' }
  const first = new Client(about)
  const transport = new StreamableHTTPClientTransport(url, { fetch: bridge.fetch() })
  await first.connect(transport as unknown as Parameters<Client['connect']>[0])
  const request = {
    method: 'tools/call' as const,
    params: { name: 'work', arguments: { steps: 4, ms: 400, bytes: 5 } },
  }
  const { promise: token, resolve } = Promise.withResolvers<string>()
  const lost = first.request(request, CallToolResultSchema, { onresumptiontoken: resolve })
  const resumptionToken = await token
  const sessionId = transport.sessionId ?? t.fail()
  await first.close()
  await t.throwsAsync(lost)
  const next = new Client(about)
  const options = { fetch: bridge.fetch(), sessionId }
  const again = new StreamableHTTPClientTransport(url, options)
  await next.connect(again as unknown as Parameters<Client['connect']>[0])
  t.teardown(() => next.close())
  const { content } = await next.request(request, CallToolResultSchema, { resumptionToken })
  t.deepEqual(content, [{ type: 'text', text: 'xxxxx' }])
  const heard = await json(send(bridge, 'slow', rpc('heard'), { session: sessionId }))
  t.notRegex(JSON.stringify(heard), /cancelled/)
})

for (const version of ['1.30.0', '2.3.0']) {
  const python = await pythonWith(version)
  const title = `the Python client ${version}: progress, and everything a server can ask`
  if (python === undefined) {
    test.skip(`${title} (skipped: needs Python 3.10, venv and a package index)`, () => {})
    continue
  }
  test(title, async (t) => {
    const proxy = await startCuttingProxy(bridge)
    t.teardown(() => proxy.stop())
    const { stdout } = await run(python, [SCRIPT, `${proxy.url}/everything/mcp`], {
      timeout: 60_000,
    })
    const { progress, sampling, elicitation, roots } = JSON.parse(stdout) as Record<string, unknown>
    t.deepEqual(progress, [1, 2, 3, 4, 5])
    t.regex(String(sampling), /sampled-answer/)
    t.regex(String(elicitation), /decline/i)
    t.regex(String(roots), /root-of-the-client/)
  })
}
