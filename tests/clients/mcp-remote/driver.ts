/** mcp-remote, the bridge for clients that know programs only, with the TypeScript SDK as such a client. */

import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { callText } from '../../support/sdk-client.ts'
import type { ClientDriver } from '../driver.ts'

const MCP_REMOTE = join(import.meta.dirname, '../../../node_modules/mcp-remote/dist/proxy.js')
/** Where it waits for a person it says nothing to its client. */
const ANSWER_MS_MAX = 10_000

export const mcpRemote: ClientDriver = {
  name: 'mcp-remote',
  title: 'mcp-remote',
  version: '0.15.1',
  isLight: true,
  install: async () => MCP_REMOTE,
  start({ endpoint, home, environment }, program) {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, endpoint, '--allow-http'],
      env: { ...environment, MCP_REMOTE_CONFIG_DIR: join(home, 'config') },
      stderr: 'ignore',
    })
    const client = new Client({ name: 'stdio-only', version: '1' })
    return {
      logIn: () => client.connect(transport),
      async list() {
        const { tools } = await client.listTools()
        return tools.map(({ name }) => name).join('\n')
      },
      call: () => Promise.race([callText(client, 'whoami'), tooLate()]),
      end: () => client.close(),
    }
  },
}

async function tooLate(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS_MAX).unref())
  throw new Error(`no answer within ${ANSWER_MS_MAX} ms`)
}
