/**
 * The official MCP conformance suite against the gateway behind real Envoy, in two of its roles.
 *
 * Authorization server: it prints an authorize URL and waits for somebody to log in; here a visitor without a
 * browser does. Server: the same server is judged alone and behind the gateway, as a program of its own and as
 * a remote server, by what each revision requires, and the verdicts are compared.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import {
  installConformanceSuite,
  judgeServer,
  runConformanceSuite,
  type Verdict,
} from '../support/conformance.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { startTokenProxy } from '../support/token-proxy.ts'
import { createVisitor } from '../support/visitor.ts'

const CHECKS = 3
const SERVER = join(import.meta.dirname, '../fixtures/conformance/main.ts')
const REVISIONS = ['2025-11-25', '2026-07-28']

export async function runAuthorizationServerSuite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  // The suite asks that client documents are advertised, which `auto` does where they can be fetched.
  const environment = { CLIENT_ID_METADATA_DOCUMENTS: 'on' }
  const gateway = await startGateway({ environment })
  try {
    installConformanceSuite(folder)
    const port = await freePort()
    const clientId = await register(gateway.url, `http://127.0.0.1:${port}/callback`)
    const args = [
      'authorization',
      ...['--url', gateway.url, '--client-id', clientId, '-p', String(port)],
      ...['--resource', `${gateway.url}/echo/mcp`],
    ]
    const visitor = createVisitor('alice')
    let login: Promise<unknown> | undefined
    const output = await runConformanceSuite(folder, args, (text) => {
      const [url] = /http:\S+\/authorize\?\S+(?=\s)/.exec(text) ?? []
      if (url !== undefined) login ??= visitor.approve(url).then((target) => fetch(target))
    })
    await login
    if (!output.includes(`Total: ${CHECKS} passed, 0 failed`)) throw new Error(output)
  } finally {
    await gateway.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Service, revision, scenario and check: what is not judged behind the gateway, and why. */
const UNJUDGED: readonly { readonly which: RegExp; readonly why: string }[] = [
  {
    which: /2025-11-25 server-sse-multiple-streams server-sse-streams-functional$/,
    why: 'what is answered quickly is answered as JSON',
  },
  {
    which: /2025-11-25 server-sse-polling server-sse-disconnect-resume$/,
    why: 'a server behind the gateway has no stream of the client’s that it could close',
  },
]

export async function runServerSuite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  const port = await freePort()
  const remote = `http://localhost:${port}/mcp`
  const server = spawn(process.execPath, [SERVER, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve))
    installConformanceSuite(folder)
    const alone = await judgeAll(folder, 'alone', remote)
    const differences = await compareBehindGateway(folder, remote, alone)
    if (differences.length > 0) throw new Error(differences.join('\n'))
  } finally {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compareBehindGateway(
  folder: string,
  remote: string,
  alone: Verdict,
): Promise<string[]> {
  const mcpServers = {
    program: { command: process.execPath, args: [SERVER] },
    remote: { url: remote },
  }
  const gateway = await startGateway({ file: stringify({ mcpServers }) })
  try {
    const { client, login } = createGatewayLogins(gateway.url, 'alice')
    const registered = await client.register()
    const differences: string[] = []
    for (const service of Object.keys(mcpServers)) {
      const tokens = await login(registered, { resource: `${gateway.url}/${service}/mcp` })
      const proxy = await startTokenProxy(gateway.url, String(tokens['access_token']))
      const behind = await judgeAll(folder, service, `${proxy.url}/${service}/mcp`)
      proxy.stop()
      differences.push(...compare(service, alone, behind))
    }
    return differences
  } finally {
    await gateway.remove()
  }
}

async function judgeAll(folder: string, name: string, url: string): Promise<Verdict> {
  const all = new Map<string, readonly string[]>()
  for (const revision of REVISIONS) {
    const results = join(folder, `${name}-${revision}`)
    const verdict = await judgeServer(folder, { url, revision, results })
    for (const [check, statuses] of verdict) all.set(`${revision} ${check}`, statuses)
  }
  return all
}

function compare(service: string, alone: Verdict, behind: Verdict): string[] {
  return [...new Set([...alone.keys(), ...behind.keys()])]
    .filter((name) => !isDeepStrictEqual(alone.get(name), behind.get(name)))
    .filter((name) => behind.has(name) || !UNJUDGED.some(({ which }) => which.test(name)))
    .map((name) => `${service} ${name}: alone ${alone.get(name)}, behind ${behind.get(name)}`)
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
