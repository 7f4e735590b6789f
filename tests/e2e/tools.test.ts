/** Rules about tools behind Envoy: who calls what needs more is led to it, by the official clients themselves. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Client as SecondClient,
  StreamableHTTPClientTransport as SecondTransport,
  UnauthorizedError as SecondUnauthorized,
} from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import test from 'ava'
import { stringify } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { callText, connect, MemoryProvider } from '../support/sdk-client.ts'
import { createVisitor } from '../support/visitor.ts'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const OFFERS = join(import.meta.dirname, '../fixtures/offers-tools.ts')
const rules = {
  scopes: { write: 'Change what is there.' },
  tools: {
    deny: ['danger', 'whoami'],
    scopes: { write: ['write'], wait: ['write'] },
    listed: 'all',
  },
}
const gateway = await startGateway({
  file: stringify({
    mcpServers: {
      ruled: { command: process.execPath, args: [OFFERS], ...rules },
      old: { command: process.execPath, args: [OFFERS], sse: true, ...rules },
      echo: rules,
    },
  }),
})
test.after.always(() => gateway.remove())

async function audit(...args: string[]): Promise<{ lines: string[]; exitCode: number }> {
  const child = spawn(process.execPath, [MAIN, 'audit', ...args], {
    cwd: gateway.folder,
    env: { ...process.env, GATEWAY_STATE_DIR: undefined },
  })
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (stderr !== '') throw new Error(stderr)
  return { lines: stdout.split('\n').filter((line) => line !== ''), exitCode: await exit }
}

/** Without a refresh token the client asks the person; with one it would only refresh what it has. */
class AskingProvider extends MemoryProvider {
  override saveTokens({
    refresh_token: _,
    ...tokens
  }: Parameters<MemoryProvider['saveTokens']>[0]) {
    this.saved = tokens
  }
}

for (const [service, name] of [
  ['ruled', 'write'],
  ['echo', 'wait'],
] as const) {
  test(`${service}: the first SDK logs in again for what a tool needs, and goes on in its session`, async (t) => {
    const endpoint = `${gateway.url}/${service}/mcp`
    const visitor = createVisitor(`ann-${service}`)
    const provider = new AskingProvider()
    const { client, transport } = await connect(endpoint, visitor, { provider })
    t.teardown(() => client.close())
    t.is(provider.saved?.scope, 'mcp')
    const { tools } = await client.listTools()
    t.true(
      tools.some((tool) => tool.name === name) && !tools.some((tool) => tool.name === 'whoami'),
    )
    const args = service === 'echo' ? { seconds: 0.1 } : {}
    await t.throwsAsync(client.callTool({ name, arguments: args }), {
      instanceOf: UnauthorizedError,
    })
    const asked = provider.authorizationUrl
    t.is(asked?.searchParams.get('scope'), `mcp ${service}:write`)
    const page = await visitor.open(asked ?? '')
    t.regex(page.response.text, /Change what is there/)
    const answer = await visitor.answer(page, 'approve')
    await transport.finishAuth(answer.searchParams.get('code') ?? '')
    t.is(provider.saved?.scope, `mcp ${service}:write`)
    t.regex(await callText(client, name, args), /done|waited/)
    await t.throwsAsync(client.callTool({ name: 'danger', arguments: {} }), {
      message: /Unknown tool: danger/,
    })
  })
}

test('the second SDK does the same, refresh token or not', async (t) => {
  const endpoint = new URL(`${gateway.url}/ruled/mcp`)
  const visitor = createVisitor('second')
  const provider = new MemoryProvider()
  const transport = () => new SecondTransport(endpoint, { authProvider: provider as never })
  const create = () => new SecondClient({ name: 'second', version: '1' })
  const first = transport()
  await t.throwsAsync(create().connect(first), { instanceOf: SecondUnauthorized })
  const login = await visitor.approve(provider.authorizationUrl ?? '')
  await first.finishAuth(login.searchParams)
  const client = create()
  const second = transport()
  await client.connect(second)
  t.teardown(() => client.close())
  t.truthy(provider.saved?.refresh_token)
  await t.throwsAsync(client.callTool({ name: 'write', arguments: {} }), {
    instanceOf: SecondUnauthorized,
  })
  t.is(provider.authorizationUrl?.searchParams.get('scope'), 'mcp offline_access ruled:write')
  const more = await visitor.approve(provider.authorizationUrl ?? '')
  await second.finishAuth(more.searchParams)
  const { content } = await client.callTool({ name: 'write', arguments: {} })
  t.deepEqual(content, [{ type: 'text', text: 'done' }])
})

test('the transport of 2024-11-05 works behind Envoy, for the official client of it', async (t) => {
  const { client: before, provider } = await connect(`${gateway.url}/old/mcp`, createVisitor('old'))
  await before.close()
  const transport = new SSEClientTransport(new URL(`${gateway.url}/old/mcp`), {
    authProvider: provider,
  })
  const client = new Client({ name: 'old', version: '1' })
  await client.connect(transport)
  t.teardown(() => client.close())
  t.is(await callText(client, 'read'), 'done')
  await t.throwsAsync(client.callTool({ name: 'danger', arguments: {} }), {
    message: /Unknown tool/,
  })
  await t.throwsAsync(client.callTool({ name: 'write', arguments: {} }), { message: /HTTP 403/ })
})

test.serial('the operator reads who called what', async (t) => {
  const endpoint = `${gateway.url}/ruled/mcp`
  const { client } = await connect(endpoint, createVisitor('reader'))
  t.teardown(() => client.close())
  await callText(client, 'read')
  await callText(client, 'danger\u001b[2J')
  await t.throwsAsync(client.callTool({ name: 'danger', arguments: {} }))
  const mine = ['--kind', 'call', '--user', 'dev:reader']
  let found: string[] = []
  for (let time = 0; time < 100 && found.length < 4; time += 1) {
    await sleep(100)
    found = (await audit(...mine)).lines
  }
  const [head, ...rows] = found.map((line) => line.split(/ {2,}/))
  t.deepEqual(head, [
    'TIME',
    'USER',
    'CLIENT',
    'SERVICE',
    'ACTION',
    'TARGET',
    'OUTCOME',
    'MS',
    'FROM',
  ])
  t.deepEqual(
    rows.map(([, user, , service, action, target, outcome]) => [
      user,
      service,
      action,
      target,
      outcome,
    ]),
    [
      ['dev:reader', 'ruled', 'tools/call', 'read', 'ok'],
      ['dev:reader', 'ruled', 'tools/call', 'danger\\x1b[2J', 'ok'],
      ['dev:reader', 'ruled', 'tools/call', 'danger', 'denied'],
    ],
  )
  const denied = await audit(
    ...mine,
    '--outcome',
    'denied',
    '--service',
    'ruled',
    '-n',
    '5',
    '--json',
  )
  t.is(denied.lines.length, 1)
  t.like(JSON.parse(denied.lines[0] ?? ''), {
    user: 'dev:reader',
    target: 'danger',
    outcome: 'denied',
  })
  t.is((await audit(...mine, '--tool', 'nothing', '--json')).lines.length, 0)
})

test.serial('the operator follows what is called', async (t) => {
  const { client } = await connect(`${gateway.url}/ruled/mcp`, createVisitor('follower'))
  t.teardown(() => client.close())
  const args = ['audit', '-f', '-n', '0', '--user', 'dev:follower', '--json']
  const following = spawn(process.execPath, [MAIN, ...args], {
    cwd: gateway.folder,
    env: { ...process.env, GATEWAY_STATE_DIR: undefined },
  })
  t.teardown(() => following.kill())
  const lines = createInterface(following.stdout)[Symbol.asyncIterator]()
  const next = lines.next()
  // It looks from the end that the log has when it begins.
  let isHere = false
  void next.then(() => {
    isHere = true
  })
  for (let time = 0; time < 60 && !isHere; time += 1) {
    await callText(client, 'read')
    await sleep(250)
  }
  t.like(JSON.parse((await next).value ?? ''), { target: 'read', outcome: 'ok' })
})

test('without a gateway there is nothing to read', async (t) => {
  const child = spawn(process.execPath, [MAIN, 'audit'], {
    cwd: gateway.folder,
    env: { ...process.env, GATEWAY_STATE_DIR: join(gateway.folder, 'nowhere') },
  })
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  t.regex(await text(child.stderr), /No gateway runs with the state directory/)
  t.is(await exit, 3)
})
