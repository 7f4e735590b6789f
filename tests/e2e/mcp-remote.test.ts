import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stream } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { callText } from '../support/sdk-client.ts'
import { createVisitor } from '../support/visitor.ts'

const MCP_REMOTE = join(import.meta.dirname, '../../node_modules/mcp-remote/dist/proxy.js')

const gateway = await startGateway()
const folder = mkdtempSync(join(tmpdir(), 'mcp-remote-'))
test.after.always(async () => {
  await gateway.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** mcp-remote says which address a person should visit. */
function authorizeAddress(said: Stream | null): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  said?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    const address = /^(http\S+\/authorize\?\S+)$/m.exec(text)?.[1]
    if (address !== undefined) resolve(address)
  })
  return promise
}

test('mcp-remote logs in and calls a tool for a client that knows stdio only', async (t) => {
  t.timeout(60_000)
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MCP_REMOTE, `${gateway.url}/echo/mcp`, '--allow-http'],
    env: { PATH: '', HOME: folder, MCP_REMOTE_CONFIG_DIR: join(folder, 'config') },
    stderr: 'pipe',
  })
  const client = new Client({ name: 'stdio-only', version: '1' })
  t.teardown(() => client.close())
  const connected = client.connect(transport)
  const answer = await createVisitor('frank').approve(await authorizeAddress(transport.stderr))
  t.is((await fetch(answer)).status, 200, 'mcp-remote takes the code')
  await connected
  t.regex(await callText(client, 'whoami'), /dev:frank/)
})
