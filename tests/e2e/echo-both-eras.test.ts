/** The echo service behind Envoy, for official clients with and without sessions at the same time. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import test, { type ExecutionContext } from 'ava'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { rawRequest } from '../support/raw-request.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const WAIT_MS = 20_000
const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const run = promisify(execFile)
const gateway = await startGateway()
test.after.always(() => gateway.remove())

const ENDPOINT = `${gateway.url}/echo/mcp`
/** What a caller might try. */
const FORGED = { 'X-User-Id': 'dev:root', 'x-user-name': 'root', 'Mcp-Session-Id': 'forged' }

const INITIALIZE = JSON.stringify({
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'e2e', version: '1' },
  },
})

/** Somebody who has logged in, with a client of each era. */
async function enter(t: ExecutionContext, name: string) {
  const { client: older, provider } = await connect(ENDPOINT, createVisitor(name))
  const token = async (): Promise<string> => provider.saved?.access_token ?? ''
  const newer = new Client({ name: 'e2e', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const options = { authProvider: { token }, requestInit: { headers: FORGED } }
  await newer.connect(new StreamableHTTPClientTransport(new URL(ENDPOINT), options))
  t.teardown(() => Promise.all([older.close(), newer.close()]))
  t.is(newer.getNegotiatedProtocolVersion(), '2026-07-28')
  return { name, older, newer, token }
}

verifies('echo-keeps-people-apart', async (t) => {
  const people = await Promise.all([enter(t, 'alice'), enter(t, 'bob')])
  await Promise.all(
    people.flatMap(({ name, older, newer }) =>
      [1, 2, 3].map(async () => {
        const { structuredContent } = await newer.callTool({ name: 'whoami', arguments: {} })
        t.like(structuredContent, { userId: `dev:${name}`, userName: name })
        t.true((await callText(older, 'whoami')).includes(`dev:${name}`))
      }),
    ),
  )
  for (const { name, older } of people) {
    await callText(older, 'echo', { message: `of ${name}` })
  }
  for (const { name, older } of people) {
    t.is(await callText(older, 'replayLastEcho'), `of ${name}`)
    t.regex(await callText(older, 'sessionInfo'), /open sessions with this server: 1\n/)
  }
})

test('what the edge lets through, each part behind it reads; what is expected of it is refused in words', async (t) => {
  const { token } = await enter(t, 'dora')
  const port = Number(new URL(gateway.url).port)
  const ask = async (...more: readonly string[]) => {
    const headers = ['Authorization', `Bearer ${await token()}`, 'Content-Type', 'application/json']
    const accepted = ['Accept', 'application/json, text/event-stream']
    return await rawRequest({
      ...{ port, path: '/echo/mcp', body: INITIALIZE },
      headers: [...headers, ...accepted, ...more],
    })
  }
  const large = await ask('X-Other', 'y'.repeat(28_000))
  t.is(large.status, 200, large.body)
  const page = await rawRequest({
    ...{ port, path: '/jwks', method: 'GET' },
    headers: ['Cookie', 'y'.repeat(28_000)],
  })
  t.is(page.status, 200)
  const expecting = await ask('Expect', 'something')
  t.is(expecting.status, 417)
  t.regex(expecting.body, /expect nothing but 100-continue/)
})

test('without a session: the tools, a message, and progress before the answer', async (t) => {
  const { newer } = await enter(t, 'carol')
  const names = (await newer.listTools()).tools.map(({ name }) => name)
  for (const name of ['echo', 'whoami', 'wait']) t.true(names.includes(name), name)
  t.false(names.includes('sessionInfo'))
  const message = 'hello ☃'
  const echoed = await newer.callTool({ name: 'echo', arguments: { message } })
  t.deepEqual(echoed.content, [{ type: 'text', text: message }])
  const heard: number[] = []
  await newer.callTool(
    { name: 'wait', arguments: { seconds: 0.4, steps: 4 } },
    { onprogress: ({ progress }) => void heard.push(progress) },
  )
  t.deepEqual(heard, [1, 2, 3, 4])
})

/** Every tool that needs nothing, and a word of its answer. */
const DIAGNOSES = {
  printHeader: /x-user-id: dev:erin/,
  bearerDecode: /takes it away[\s\S]+sub: dev:erin/,
  authContext: /person: dev:erin[\s\S]+Authorization header here: no/,
  requestTiming: /gateway logs --request/,
  corsAnalysis: /no Origin/,
  environmentDump: /MCP_NATIVE_SECRET is set/,
  healthProbe: /^Healthy|^Not well/,
  whoIStheGOAT: /erin is the GOAT/,
}

test('the diagnoses are true behind Envoy in both eras, and none shows what opens anything', async (t) => {
  const { older, newer, token } = await enter(t, 'erin')
  const secrets = [await token(), ...(await token()).split('.')]
  for (const client of [older, newer]) {
    for (const [name, words] of Object.entries(DIAGNOSES)) {
      const answer = await client.callTool({ name, arguments: {} })
      const [content] = answer.content as { text: string }[]
      t.regex(content?.text ?? '', words, name)
      for (const secret of secrets) t.false(JSON.stringify(answer).includes(secret), name)
    }
  }
  t.is(await callText(older, 'echo', { message: 'again' }), 'again')
  t.is(await callText(older, 'replayLastEcho'), 'again')
  t.regex(await callText(older, 'sessionInfo'), /open sessions with this server: 1\nthis one/)
})

test('who leaves a call cancels it, through Envoy', async (t) => {
  const { newer } = await enter(t, 'dave')
  const leaving = new AbortController()
  const { promise: runs, resolve } = Promise.withResolvers<void>()
  const waiting = newer.callTool(
    { name: 'wait', arguments: { seconds: 60, steps: 600 } },
    { signal: leaving.signal, onprogress: () => resolve() },
  )
  await runs
  leaving.abort('enough')
  await t.throwsAsync(waiting)
  const args = [MAIN, 'audit', '--user', 'dev:dave', '--outcome', 'cancelled', '--json']
  await until(async () => {
    const { stdout } = await run(process.execPath, args, { cwd: gateway.folder })
    return stdout.includes('"wait"')
  }, WAIT_MS)
  t.pass()
})
