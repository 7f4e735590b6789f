/**
 * The official MCP conformance suite against the authorization server behind real Envoy.
 *
 * It prints an authorize URL and waits for somebody to log in; here a visitor without a browser does.
 * Its package is fetched at a fixed version into a folder of its own: it is no dependency of ours.
 */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { createVisitor } from '../support/visitor.ts'

const PACKAGE = '@modelcontextprotocol/conformance'
const VERSION = '0.2.0-alpha.12'
const CHECKS = 3

export async function runAuthorizationServerSuite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  // The suite asks that client documents are advertised, which `auto` does where they can be fetched.
  const environment = { CLIENT_ID_METADATA_DOCUMENTS: 'on' }
  const gateway = await startGateway({ environment })
  try {
    install(folder)
    const port = await freePort()
    const clientId = await register(gateway.url, `http://127.0.0.1:${port}/callback`)
    const program = join(folder, 'node_modules', PACKAGE, 'dist/index.js')
    const output = await run(program, [
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

async function run(program: string, args: readonly string[]): Promise<string> {
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
