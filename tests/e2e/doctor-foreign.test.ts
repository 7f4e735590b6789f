/** `gateway doctor` in front of a server that is not ours: the official SDK's demonstration, with its own OAuth. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import type { Report } from '../../cli/doctor/report.ts'
import { createCommandLine } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { serveEverything } from '../support/remote-servers.ts'

const DEMONSTRATION = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/sdk/dist/esm/examples/server/simpleStreamableHttp.js',
)

async function startDemonstration(t: ExecutionContext): Promise<string> {
  const [port, authPort] = [await freePort(), await freePort()]
  const child: ChildProcess = spawn(process.execPath, [DEMONSTRATION, '--oauth'], {
    env: { PATH: process.env['PATH'], MCP_PORT: `${port}`, MCP_AUTH_PORT: `${authPort}` },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  if (child.stdout === null) throw new Error('no output')
  const waited = new Set([`${port}`, `${authPort}`])
  for await (const line of createInterface(child.stdout)) {
    for (const one of waited) if (line.endsWith(one)) waited.delete(one)
    if (waited.size === 0) break
  }
  child.stdout.resume()
  return `http://localhost:${port}/mcp`
}

const named = ({ findings }: Report, status: string): string[] =>
  findings
    .filter((finding) => finding.status === status)
    .map(({ client, check, fault }) => [client, check, fault].filter(Boolean).join(' '))

test('a person logs in once, and what is wrong with the server is said', async (t) => {
  t.timeout(120_000)
  const url = await startDemonstration(t)
  const line = createCommandLine()
  t.teardown(() => line.remove())
  const clients = ['--client', 'vscode', 'mcp-remote', 'web-page']
  const doctor = line.start(['doctor', url, '--login', '--json', ...clients])
  const [authorize] = await doctor.sees(/http:\S+\/authorize\?\S+/)
  // Its page asks nothing, and sends the browser back.
  t.is((await fetch(authorize)).status, 200)
  const { stdout, exitCode } = await doctor.finished
  const report = JSON.parse(stdout) as Report
  t.is(exitCode, 1)
  t.false(report.own)
  // As its source has it: every fault of a token is an Error, which is 500; one port alone is taken back.
  t.deepEqual(named(report, 'failed'), [
    'bad-token not_401',
    'vscode authorize loopback_port',
    'web-page preflight refused',
    'web-page cors-answer unreadable',
  ])
  const passed = named(report, 'passed')
  for (const check of ['registration', 'authorize', 'login', 'session', 'tools-list']) {
    t.true(passed.includes(`mcp-remote ${check}`), check)
  }
  t.deepEqual(
    named(report, 'warning').filter((one) => one.startsWith('mcp-remote')),
    [
      'mcp-remote token no_refresh_token',
      'mcp-remote revocation no_endpoint',
      'mcp-remote registration-end stays',
    ],
  )
  const skipped = named(report, 'skipped')
  t.true(skipped.includes('web-page login'), 'one login is enough for a person')
  t.true(skipped.includes('mcp-remote tool-call'), 'no tool of a stranger is called')
})

test('a server without a login is told to have none, and its tools are tried', async (t) => {
  t.timeout(120_000)
  const server = await serveEverything('streamableHttp')
  const line = createCommandLine()
  t.teardown(async () => {
    line.remove()
    await server.stop()
  })
  const report = await line.json<Report>([
    'doctor',
    server.url,
    '--client',
    'claude',
    'claude-code',
  ])
  t.deepEqual(named(report, 'failed'), [])
  t.deepEqual(named(report, 'warning'), ['claude challenge open', 'claude-code challenge open'])
  const passed = named(report, 'passed')
  for (const check of ['session', 'tools-list', 'tool-call']) {
    t.true(passed.includes(`claude ${check}`), check)
  }
})

test('nobody there: everything else is not tried, and nothing of it is well', async (t) => {
  const line = createCommandLine()
  t.teardown(() => line.remove())
  const { exitCode, stdout } = await line.run([
    'doctor',
    `http://localhost:${await freePort()}/mcp`,
    '--json',
  ])
  const report = JSON.parse(stdout) as Report
  t.is(exitCode, 1)
  t.deepEqual(named(report, 'failed'), ['port closed'])
  t.deepEqual(named(report, 'passed'), ['dns'])
})
