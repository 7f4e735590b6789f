/** Servers that are not ours: the SDK's own example with a login, and each transport without one. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { openLoginStore } from '../../cli/mcp/store/login-store.ts'
import { type CommandLine, createCommandLine } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { serveEverything, serveSecond, serveSse } from '../support/remote-servers.ts'

const EXAMPLE = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/sdk/dist/esm/examples/server/simpleStreamableHttp.js',
)
const AUTHORIZE = /https?:\S+\/authorize\?\S+/

function makeLine(t: ExecutionContext): CommandLine {
  const line = createCommandLine()
  t.teardown(line.remove)
  return line
}

/** The official example: its demonstration login approves everybody, and its authorization server is another port. */
async function serveExample(t: ExecutionContext): Promise<string> {
  const ports = { MCP_PORT: `${await freePort()}`, MCP_AUTH_PORT: `${await freePort()}` }
  const child = spawn(process.execPath, [EXAMPLE, '--oauth'], {
    env: { PATH: process.env['PATH'], ...ports },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const waiting = new Set(Object.values(ports))
  for await (const line of createInterface(child.stdout)) {
    for (const port of waiting) if (line.includes(port)) waiting.delete(port)
    if (waiting.size === 0) break
  }
  child.stdout.resume()
  return `http://localhost:${ports.MCP_PORT}/mcp`
}

/** As a script speaks to `connect`: everything at once, without waiting for answers. */
async function listOverPipe(line: CommandLine, url: string): Promise<string[]> {
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'script', version: '1' },
  }
  const messages = [
    { id: 1, method: 'initialize', params },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/list' },
  ]
  const stdin = messages.map((one) => `${JSON.stringify({ jsonrpc: '2.0', ...one })}\n`).join('')
  const { stdout } = await line.run(['connect', url], { stdin })
  const answers = stdout.trim().split('\n')
  const listed = answers.map((one) => JSON.parse(one)).find(({ id }) => id === 2)
  if (listed?.result === undefined) throw new Error(stdout)
  return listed.result.tools.map(({ name }: { name: string }) => name)
}

test('the example of the official SDK, with its login', async (t) => {
  const url = await serveExample(t)
  const line = makeLine(t)
  const logIn = async (): Promise<void> => {
    const login = line.start(['login', url, '--no-browser'])
    const [page] = await login.sees(AUTHORIZE)
    await fetch(page)
    const { exitCode, stderr } = await login.finished
    t.is(exitCode, 0, stderr)
  }
  await logIn()
  const registered = clientOf(line, url)
  t.is((await line.run(['call', url, 'greet', 'name=Ann'])).stdout, 'Hello, Ann!\n')
  t.true((await listOverPipe(line, url)).includes('greet'))
  const { stdout: token } = await line.run(['token', url])
  const headers = { authorization: `Bearer ${token.trim()}`, accept: 'text/event-stream' }
  t.not((await fetch(url, { headers })).status, 401)
  await logIn()
  t.is(clientOf(line, url), registered)
  await line.run(['logout', url])
  t.regex((await line.run(['call', url, 'greet', 'name=Ann'])).stderr, /wants a login/)
})

function clientOf(line: CommandLine, url: string): string | undefined {
  return openLoginStore(line.env, url).read()?.client.client_id
}

for (const [kind, serve, protocol] of [
  ['HTTP with SSE, of 2024-11-05', serveSse, '2025-11-25'],
  ['2026-07-28 alone', () => serveSecond('reject'), '2026-07-28'],
] as const) {
  test(`a server of ${kind}`, async (t) => {
    const server = await serve()
    t.teardown(() => server.stop())
    const line = makeLine(t)
    t.deepEqual(await line.json(['login', server.url]), { url: server.url, login: 'none' })
    t.like(await line.json(['whoami', server.url]), { login: null, server: { protocol } })
    t.is((await line.run(['call', server.url, 'echo', 'message=hello ☃'])).stdout, 'hello ☃\n')
    const { tools } = await line.json<{ tools: object[] }>(['raw', server.url, 'tools/list'])
    t.true(tools.length > 1)
  })
}

test('connect in front of HTTP with SSE', async (t) => {
  const server = await serveSse()
  t.teardown(() => server.stop())
  t.true((await listOverPipe(makeLine(t), server.url)).includes('echo'))
})

test('connect in front of the reference server, as it is started', async (t) => {
  const server = await serveEverything('streamableHttp')
  t.teardown(() => server.stop())
  t.true((await listOverPipe(makeLine(t), server.url)).includes('echo'))
})

test('an address where no transport answers is told as what it is', async (t) => {
  const server = await serveSse()
  t.teardown(() => server.stop())
  const nothing = new URL('/nothing', server.url).href
  const { stderr, exitCode } = await makeLine(t).run(['tools', 'list', nothing])
  t.is(exitCode, 1)
  t.regex(stderr, /answered 404: [\s\S]*→ is this the address of an MCP endpoint\?/)
})
