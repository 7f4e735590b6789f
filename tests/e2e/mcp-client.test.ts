/** The command line as an MCP client of this gateway: logins in three ways, calls, and their end. */

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import test, { type ExecutionContext } from 'ava'
import { stringify } from 'yaml'
import { openLoginStore } from '../../cli/mcp/store/login-store.ts'
import { type CommandLine, createCommandLine, type Running } from '../support/command-line.ts'
import { decide } from '../support/device.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { knock } from '../support/gateway-logins.ts'
import { sendOverNetwork } from '../support/http.ts'
import { onceRevoked } from '../support/mcp-call.ts'
import { createPerson } from '../support/person.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const rules = {
  scopes: { write: 'Wait.' },
  tools: { scopes: { wait: ['write'] }, listed: 'all' },
}
const gateway = await startGateway({
  file: stringify({ mcpServers: { echo: rules } }),
})
test.after.always(() => gateway.remove())

const ECHO = `${gateway.url}/echo/mcp`
const AUTHORIZE = /https?:\S+\/authorize\?\S+/

function makeLine(t: ExecutionContext): CommandLine {
  const line = createCommandLine({ GATEWAY_STATE_DIR: join(gateway.folder, '.gateway') })
  t.teardown(line.remove)
  return line
}

/** The browser's part of a login that waits for one. */
async function approve(login: Running, name: string): Promise<void> {
  const [url] = await login.sees(AUTHORIZE)
  const back = await createVisitor(name).approve(url)
  await fetch(back)
}

async function logIn(line: CommandLine, target: string, name: string): Promise<void> {
  const login = line.start(['login', target, '--no-browser'])
  await approve(login, name)
  const { exitCode, stderr } = await login.finished
  if (exitCode !== 0) throw new Error(stderr)
}

function storedTokens(line: CommandLine, url = ECHO) {
  return openLoginStore(line.env, url).read()?.tokens
}

verifies('own-client-logs-in', async (t) => {
  const line = makeLine(t)
  const stranger = await line.run(['whoami', 'echo'])
  t.is(stranger.exitCode, 1)
  t.is(stranger.stderr, `${ECHO} wants a login.\n→ gateway login ${ECHO}\n`)

  await logIn(line, 'echo', 'alice')
  t.like(await line.json(['whoami', 'echo']), {
    url: ECHO,
    server: { name: 'echo', protocol: '2026-07-28' },
    login: { subject: 'dev:alice', name: 'alice', renews_itself: true },
  })
  const tools = await line.json<{ name: string }[]>(['tools', 'list', 'echo'])
  t.true(tools.some(({ name }) => name === 'whoami'))
  const none = { resources: [], resource_templates: [] }
  t.deepEqual(await line.json(['resources', 'list', 'echo']), none, 'nothing but the answer')
  t.is((await line.run(['call', ECHO, 'echo', 'message=hello ☃'])).stdout, 'hello ☃\n')
  const raw = await line.json<{ content: { text: string }[] }>(['raw', 'echo', 'tools/call', '-'], {
    stdin: '{"name":"whoami","arguments":{}}',
  })
  t.regex(raw.content[0]?.text ?? '', /dev:alice/)

  const { access_token: token } = await line.json<{ access_token: string }>(['token', 'echo'])
  t.is((await knock(ECHO, token)).status, 200)
  t.like(await line.json(['logout', 'echo']), { was_logged_in: true, revoked: true })
  t.is((await onceRevoked(() => knock(ECHO, token))).status, 401)
  t.is((await line.run(['whoami', 'echo'])).exitCode, 1)
  t.like(await line.json(['logout', 'echo']), { was_logged_in: false })
})

test('what is wrong with a call is told, with what there is', async (t) => {
  const line = makeLine(t)
  await logIn(line, 'echo', 'bob')
  const nowhere = `http://127.0.0.1:${await freePort()}/mcp`
  const cases: [args: string[], exitCode: number, words: RegExp][] = [
    [['call', 'echo', 'nope'], 2, /There is no tool nope\.\n→ there are: .*whoami/],
    [['call', 'echo', 'echo', 'mesage=x'], 2, /no such argument[\s\S]+it takes message \(string\)/],
    [['raw', 'echo', 'no/such'], 1, /answered with the error -32601: Method not found\n$/],
    [['tools', 'list', 'nothing'], 2, /nothing is neither a URL nor a service[\s\S]+echo/],
    [['tools', 'list', nowhere], 1, /cannot be reached \(ECONNREFUSED\)/],
  ]
  for (const [args, exitCode, words] of cases) {
    const ended = await line.run(args)
    t.is(ended.exitCode, exitCode, args.join(' '))
    t.regex(ended.stderr, words)
  }
})

verifies('own-client-renews', async (t) => {
  const line = makeLine(t)
  await logIn(line, 'echo', 'carol')
  const { path } = openLoginStore(line.env, ECHO)
  const change = (from: RegExp, to: string): void =>
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  const first = storedTokens(line)
  change(/"obtained_at": \d+/, '"obtained_at": 1000')
  const { stdout: renewed } = await line.run(['token', 'echo'])
  t.not(renewed.trim(), first?.access_token)
  t.is((await knock(ECHO, renewed.trim())).status, 200)
  // Of another issuer, or of before a restored backup: only the edge knows that it is refused.
  change(/"access_token": "[^"]+"/, '"access_token": "nonsense"')
  t.is((await line.run(['call', 'echo', 'echo', 'message=on'])).stdout, 'on\n')
})

test('a scope that is missing is told, and had with another login', async (t) => {
  const line = makeLine(t)
  await logIn(line, 'echo', 'dave')
  const refused = await line.run(['call', 'echo', 'wait', 'seconds=0'])
  t.is(refused.exitCode, 1)
  const [, scope = ''] = /→ gateway login \S+ --scope "([^"]+)"/.exec(refused.stderr) ?? []
  t.true(scope.split(' ').includes('echo:write'), refused.stderr)
  const login = line.start(['login', 'echo', '--no-browser', '--scope', scope])
  await approve(login, 'dave')
  await login.finished
  t.is((await line.run(['call', 'echo', 'wait', 'seconds=0'])).exitCode, 0)
})

verifies('own-client-own-answers', async (t) => {
  const line = makeLine(t)
  const device = line.start(['login', 'echo', '--device'])
  const [verification_uri_complete] = await device.sees(/http\S+user_code=\S+/)
  const erin = createPerson(sendOverNetwork)
  const codes = { verification_uri_complete } as Parameters<typeof decide>[1]
  await decide(erin, codes, { decision: 'approve', username: 'erin' })
  t.is((await device.finished).exitCode, 0)
  t.like(await line.json(['whoami', 'echo']), { login: { subject: 'dev:erin' } })

  const wrong = await line.run(['login', 'echo', '--paste'], {
    stdin: 'http://127.0.0.1/callback?code=c&state=another\n',
  })
  t.is(wrong.exitCode, 1)
  t.regex(wrong.stderr, /The answer is not from|belongs to another login/)
})

test('the registration is shown without secrets, changed, and deleted with the login', async (t) => {
  const line = makeLine(t)
  await logIn(line, 'echo', 'frank')
  const shown = await line.json<Record<string, unknown>>(['client', 'show', 'echo'])
  t.is(shown['registration_access_token'], '[secret]')
  await line.json(['client', 'update', 'echo', 'client_name=my laptop'])
  t.like(await line.json(['client', 'show', 'echo']), { client_name: 'my laptop' })
  const unasked = await line.run(['client', 'delete', 'echo'])
  t.is(unasked.exitCode, 2)
  t.like(await line.json(['client', 'delete', 'echo', '--yes']), { deleted: true })
  t.is((await line.run(['client', 'show', 'echo'])).exitCode, 1)
})

test('a server’s questions are answered on stdin, and images are saved', async (t) => {
  const line = makeLine(t)
  await logIn(line, 'everything', 'grace')
  const asked = await line.run(['call', 'everything', 'trigger-elicitation-request'], {
    // Each Enter alone takes what the server suggests, or leaves the field out.
    stdin: `accept\nGrace\n${'\n'.repeat(12)}`,
  })
  t.regex(asked.stdout, /"name": "Grace"/)
  t.regex(asked.stderr, /asks: Please provide inputs/)
  const nobody = await line.run(['call', 'everything', 'trigger-elicitation-request'])
  t.regex(nobody.stdout, /cancel/)
  const path = join(line.home, 'tiny.png')
  await line.run(['call', 'everything', 'get-tiny-image', '--output', path])
  t.is(readFileSync(path).subarray(1, 4).toString(), 'PNG')
  const prompt = await line.run(['prompts', 'get', 'everything', 'args-prompt', 'city=Paris'])
  t.regex(prompt.stdout, /^user: .*Paris/)
})

test('connect logs in by itself when a client comes, and asks for more when a call needs it', async (t) => {
  const line = makeLine(t)
  const browser = join(line.home, 'browser.mjs')
  writeFileSync(browser, BROWSER, { mode: 0o700 })
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, 'connect', 'echo'],
    env: { ...line.env, BROWSER: browser },
    stderr: 'ignore',
  })
  const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(transport)
  t.teardown(() => client.close())
  const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} })
  t.like(structuredContent, { userId: 'dev:henry' })
  t.false(storedTokens(line)?.scope?.includes('echo:write'))
  const waited = await client.callTool({ name: 'wait', arguments: { seconds: 0 } })
  t.not(waited.isError, true)
  t.true(storedTokens(line)?.scope?.includes('echo:write'))
})

verifies('own-client-on-a-pipe', async (t) => {
  const line = makeLine(t)
  await logIn(line, 'echo', 'ivan')
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT }
  const sent = [
    { id: 1, method: 'initialize', params },
    { method: 'notifications/initialized' },
    { id: 'two', method: 'tools/list' },
    { method: 'notifications/nobody/knows' },
    { id: 3, method: 'tools/call', params: { name: 'echo', arguments: { message: 'on' } } },
    { id: 4, method: 'no/such' },
  ]
  const stdin = sent.map((one) => JSON.stringify({ jsonrpc: '2.0', ...one })).join('\n')
  const { stdout, stderr, exitCode } = await line.run(['connect', 'echo'], { stdin })
  t.is(exitCode, 0)
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { jsonrpc: string; id?: unknown })
  t.true(
    answers.every(({ jsonrpc }) => jsonrpc === '2.0'),
    'nothing but messages',
  )
  t.deepEqual(answers.map(({ id }) => String(id)).toSorted(), ['1', '3', '4', 'two'])
  const tokens = storedTokens(line)
  for (const secret of [tokens?.access_token, tokens?.refresh_token]) {
    t.false(`${stdout}${stderr}`.includes(secret ?? stdout))
  }
  const { path } = openLoginStore(line.env, ECHO)
  t.is(statSync(path).mode & 0o777, 0o600)
})

const CLIENT = { name: 'pipe', version: '1' }

/** A browser with a person before it who approves. */
const BROWSER = `#!${process.execPath}
import { createVisitor } from ${JSON.stringify(join(import.meta.dirname, '../support/visitor.ts'))}
await fetch(await createVisitor('henry').approve(process.argv[2]))
`
