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

/** What may be judged differently behind the gateway, by service, revision, scenario and check, and why. */
const DIFFERENT: readonly {
  readonly which: RegExp
  readonly behind: RegExp
  readonly why: string
}[] = [
  {
    which: / 2025-11-25 server-sse-multiple-streams server-sse-streams-functional$/,
    behind: /^unjudged$/,
    why: 'what is answered quickly is answered as JSON',
  },
  {
    which: / 2025-11-25 server-sse-polling server-sse-disconnect-resume$/,
    behind: /^unjudged$/,
    why: 'a server behind the gateway has no stream of the client’s that it could close',
  },
  {
    which: /-sessions 2026-07-28 input-required-result-basic-elicitation sep-2322-elicitation-/,
    behind: /^(?:FAILURE|unjudged)$/,
    why: 'in a session what a server asks has no name',
  },
  {
    which: /-sessions 2026-07-28 input-required-result-ignore-extra-params /,
    behind: /^WARNING$/,
    why: 'answers to what was not asked yet have no name either',
  },
  {
    which:
      /-sessions 2026-07-28 server-stateless sep-2575-(?:server-rejects-undeclared-capability|missing-capability-http-400)$/,
    behind: /^FAILURE$/,
    why: 'in a session what a client cannot do is no error of the protocol, but a tool that has failed',
  },
  {
    which: /-sessions 2026-07-28 server-stateless sep-2575-http-server-no-independent-requests/,
    behind: /^FAILURE$/,
    why: 'a client that declares something new gets a session of its own, and waits 0.6 s for its start',
  },
]

/** What each server behind the gateway is told: which era it knows alone. */
const KNOWING: Readonly<Record<string, readonly string[]>> = {
  'both-eras': [],
  'only-sessions': ['sessions'],
  'only-stateless': ['stateless'],
}

export async function runServerSuite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  const servers: RunningServer[] = []
  const services: Record<string, object> = {}
  try {
    installConformanceSuite(folder)
    for (const [name, words] of Object.entries(KNOWING)) {
      const server = await startServer(words)
      servers.push(server)
      services[`program-${name}`] = { command: process.execPath, args: [SERVER, ...words] }
      services[`remote-${name}`] = { url: server.url }
    }
    const alone = await judgeAll(folder, 'alone', servers[0]?.url ?? '')
    const differences = await compareBehindGateway(folder, services, alone)
    if (differences.length > 0) throw new Error(differences.join('\n'))
  } finally {
    for (const { stop } of servers) stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface RunningServer {
  readonly url: string
  stop(): void
}

async function startServer(words: readonly string[]): Promise<RunningServer> {
  const port = await freePort()
  const server = spawn(process.execPath, [SERVER, String(port), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => server.stdout.once('data', resolve))
  return { url: `http://localhost:${port}/mcp`, stop: () => void server.kill() }
}

async function compareBehindGateway(
  folder: string,
  services: Readonly<Record<string, object>>,
  alone: Verdict,
): Promise<string[]> {
  const gateway = await startGateway({ file: stringify({ mcpServers: services }) })
  try {
    const { client, login } = createGatewayLogins(gateway.url, 'alice')
    const registered = await client.register()
    const differences: string[] = []
    for (const service of Object.keys(services)) {
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
  const of = (verdict: Verdict, name: string): string => verdict.get(name)?.join() ?? 'unjudged'
  return [...new Set([...alone.keys(), ...behind.keys()])]
    .map((name) => ({ name, wanted: of(alone, name), found: of(behind, name) }))
    .filter(
      ({ name, wanted, found }) => wanted !== found && !mayDiffer(`${service} ${name}`, found),
    )
    .map(({ name, wanted, found }) => `${service} ${name}: alone ${wanted}, behind ${found}`)
}

function mayDiffer(name: string, found: string): boolean {
  return DIFFERENT.some(({ which, behind }) => which.test(name) && behind.test(found))
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
