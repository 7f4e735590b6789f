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
import test from 'ava'
import { stringify } from 'yaml'
import { judgeServer, runConformanceSuite, type Verdict } from '../support/conformance.ts'
import { compareVerdicts } from '../support/conformance-differences.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins } from '../support/gateway-logins.ts'
import { startTokenProxy } from '../support/token-proxy.ts'
import { createVisitor } from '../support/visitor.ts'

const SERVER = join(import.meta.dirname, '../fixtures/conformance/main.ts')
const REVISIONS = ['2025-11-25', '2026-07-28']
/** What each server is told: which era it knows alone. */
const KNOWING: Readonly<Record<string, readonly string[]>> = {
  'both-eras': [],
  'only-sessions': ['sessions'],
  'only-stateless': ['stateless'],
}

const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
const remotes = await Promise.all(
  Object.entries(KNOWING).map(async ([name, words]) => ({ name, ...(await startServer(words)) })),
)
const services = Object.fromEntries(
  remotes.flatMap(({ name, url }) => [
    [`remote-${name}`, { url }],
    [`program-${name}`, { command: process.execPath, args: [SERVER, ...(KNOWING[name] ?? [])] }],
  ]),
)
const gateway = await startGateway({
  file: stringify({ mcpServers: services }),
  // The suite asks that client documents are advertised, which `auto` does where they can be fetched.
  environment: { CLIENT_ID_METADATA_DOCUMENTS: 'on' },
})
const { client, login } = createGatewayLogins(gateway.url, 'alice')
test.after.always(async () => {
  await gateway.remove()
  for (const { stop } of remotes) stop()
  rmSync(folder, { recursive: true, force: true })
})

test.serial('role authorization server', async (t) => {
  t.timeout(120_000)
  const port = await freePort()
  const { client_id: clientId } = await client.register({
    redirect_uris: [`http://127.0.0.1:${port}/callback`],
    token_endpoint_auth_method: 'none',
  })
  const args = [
    'authorization',
    ...['--url', gateway.url, '--client-id', String(clientId), '-p', String(port)],
    ...['--resource', `${gateway.url}/${Object.keys(services)[0]}/mcp`],
  ]
  const visitor = createVisitor('alice')
  let visit: Promise<unknown> | undefined
  const output = await runConformanceSuite(args, (text) => {
    const [url] = /http:\S+\/authorize\?\S+(?=\s)/.exec(text) ?? []
    if (url !== undefined) visit ??= visitor.approve(url).then((target) => fetch(target))
  })
  await visit
  t.true(output.includes('Total: 3 passed, 0 failed'), output)
})

let alone: Verdict = new Map()
test.before(async (t) => {
  t.timeout(120_000)
  alone = await judgeAll('alone', remotes[0]?.url ?? '')
})

for (const service of Object.keys(services)) {
  test.serial(`role server, ${service}: judged as alone`, async (t) => {
    t.timeout(180_000)
    const tokens = await login(await client.register(), {
      resource: `${gateway.url}/${service}/mcp`,
    })
    const proxy = await startTokenProxy(gateway.url, String(tokens['access_token']))
    const behind = await judgeAll(service, `${proxy.url}/${service}/mcp`)
    proxy.stop()
    t.deepEqual(compareVerdicts(service, alone, behind), [])
  })
}

async function startServer(words: readonly string[]): Promise<{ url: string; stop(): void }> {
  const port = await freePort()
  const server = spawn(process.execPath, [SERVER, String(port), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => server.stdout.once('data', resolve))
  return { url: `http://localhost:${port}/mcp`, stop: () => void server.kill() }
}

async function judgeAll(name: string, url: string): Promise<Verdict> {
  const all = new Map<string, readonly string[]>()
  for (const revision of REVISIONS) {
    const results = join(folder, `${name}-${revision}`)
    const verdict = await judgeServer({ url, revision, results })
    for (const [check, statuses] of verdict) all.set(`${revision} ${check}`, statuses)
  }
  return all
}
