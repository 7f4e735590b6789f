/**
 * The official MCP conformance suite against the gateway behind real Envoy, in two of its roles.
 *
 * Authorization server: it prints an authorize URL and waits for somebody to log in; here a visitor without a
 * browser does. Server: the same server is judged alone and behind the gateway, and the verdicts are compared.
 * Its package is fetched at a fixed version into a folder of its own: it is no dependency of ours.
 */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { startTokenProxy } from '../support/token-proxy.ts'
import { createVisitor } from '../support/visitor.ts'

const PACKAGE = '@modelcontextprotocol/conformance'
const VERSION = '0.2.0-alpha.12'
const CHECKS = 3
const SERVER = join(import.meta.dirname, '../fixtures/conformance/main.ts')
const REVISION = '2025-11-25'
const SERVICE = 'judged'

export async function runAuthorizationServerSuite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  // The suite asks that client documents are advertised, which `auto` does where they can be fetched.
  const environment = { CLIENT_ID_METADATA_DOCUMENTS: 'on' }
  const gateway = await startGateway({ environment })
  try {
    install(folder)
    const port = await freePort()
    const clientId = await register(gateway.url, `http://127.0.0.1:${port}/callback`)
    const output = await run(folder, [
      'authorization',
      ...['--url', gateway.url, '--client-id', clientId, '-p', String(port)],
      ...['--resource', `${gateway.url}/echo/mcp`],
    ])
    if (!output.includes(`Total: ${CHECKS} passed, 0 failed`)) throw new Error(output)
  } finally {
    await gateway.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is not judged behind the gateway, which the suite allows, and why. */
const UNJUDGED: Readonly<Record<string, string>> = {
  'server-sse-multiple-streams server-sse-streams-functional':
    'what is answered quickly is answered as JSON',
  'server-sse-polling server-sse-disconnect-resume':
    'a server behind stdio has no stream that it could close',
}

/** Scenario and check → how each was judged, in order. */
type Verdict = ReadonlyMap<string, readonly string[]>

export async function runServerSuite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  try {
    install(folder)
    const alone = await judgeAlone(folder)
    const behind = await judgeBehindGateway(folder)
    const names = [...new Set([...alone.keys(), ...behind.keys()])]
    const differences = names
      .filter((name) => !isDeepStrictEqual(alone.get(name), behind.get(name)))
      .filter((name) => UNJUDGED[name] === undefined || behind.has(name))
      .map((name) => `${name}: alone ${alone.get(name)}, behind the gateway ${behind.get(name)}`)
    if (differences.length > 0) throw new Error(differences.join('\n'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function judgeAlone(folder: string): Promise<Verdict> {
  const port = await freePort()
  const server = spawn(process.execPath, [SERVER, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve))
    return await judge(folder, `http://localhost:${port}/mcp`, join(folder, 'alone'))
  } finally {
    server.kill()
  }
}

async function judgeBehindGateway(folder: string): Promise<Verdict> {
  const mcpServers = { [SERVICE]: { command: process.execPath, args: [SERVER] } }
  const gateway = await startGateway({ file: stringify({ mcpServers }) })
  try {
    const { client, login } = createGatewayLogins(gateway.url, 'alice')
    const resource = `${gateway.url}/${SERVICE}/mcp`
    const tokens = await login(await client.register(), { resource })
    const proxy = await startTokenProxy(gateway.url, String(tokens['access_token']))
    try {
      return await judge(folder, `${proxy.url}/${SERVICE}/mcp`, join(folder, 'behind'))
    } finally {
      proxy.stop()
    }
  } finally {
    await gateway.remove()
  }
}

async function judge(folder: string, url: string, results: string): Promise<Verdict> {
  const output = await run(folder, [
    'server',
    '--url',
    url,
    '--requirements',
    REVISION,
    '-o',
    results,
  ])
  if (!/^Total: [1-9]\d* passed/m.test(output)) throw new Error(output)
  return readVerdict(results)
}

/** A folder for each scenario, named by it and by the time. */
function readVerdict(results: string): Verdict {
  const verdict = new Map<string, string[]>()
  for (const folder of readdirSync(results)) {
    const scenario = folder.replace(/^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$/g, '')
    const file = join(results, folder, 'checks.json')
    const checks = JSON.parse(readFileSync(file, 'utf8')) as { id: string; status: string }[]
    // The others tell what was sent and received.
    for (const { id, status } of checks.filter((check) => check.status !== 'INFO')) {
      const name = `${scenario} ${id}`
      verdict.set(name, [...(verdict.get(name) ?? []), status])
    }
  }
  return verdict
}

function install(folder: string): void {
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder]
  const { status, stderr } = spawnSync('npm', [...args, `${PACKAGE}@${VERSION}`], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${PACKAGE} could not be installed:\n${stderr}`)
}

async function register(issuer: string, redirectUri: string): Promise<string> {
  const response = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'conformance',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  })
  const { client_id: id } = (await response.json()) as { client_id: string }
  return id
}

async function run(folder: string, args: readonly string[]): Promise<string> {
  const program = join(folder, 'node_modules', PACKAGE, 'dist/index.js')
  const suite = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const visitor = createVisitor('alice')
  let output = ''
  let login: Promise<unknown> | undefined
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [url] = /http:\S+\/authorize\?\S+(?=\s)/.exec(output) ?? []
      if (url !== undefined) login ??= visitor.approve(url).then((target) => fetch(target))
    })
  }
  await new Promise((resolve) => suite.once('close', resolve))
  await login
  return output
}
