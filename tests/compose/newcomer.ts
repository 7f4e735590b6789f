/** A server of the operator's own, added to `gateway.yaml` while everything runs: known, certified, and called. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { callText } from '../support/sdk-client.ts'
import type { Surroundings } from './surroundings.ts'
import type { Visit } from './visit.ts'

export const NEWCOMER = 'notes'
/** It is not reached over TLS before its name is certified. */
const CERTIFIED_MS_MAX = 120_000
const LOOK_MS = 500

/** All of a server with one tool, which says where it runs; its words fit into an entry. */
const SERVER = `
const tools = [{ name: 'where', inputSchema: { type: 'object' } }]
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'notes', version: '1' },
  }),
  'tools/list': () => ({ tools }),
  'tools/call': () => ({ content: [{ type: 'text', text: require('node:os').hostname() }] }),
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method]?.(params) ?? {} }))
})
`

export async function addServer(
  { folder }: Pick<Surroundings, 'folder'>,
  visit: Visit,
): Promise<void> {
  const entry = { command: 'node', args: ['-e', SERVER] }
  const path = join(folder, 'configuration/gateway.yaml')
  writeFileSync(path, stringify({ mcpServers: { [NEWCOMER]: entry } }))
  await untilReached(visit)
  const { client, close } = await visit.connect(NEWCOMER)
  // The engine's name for a container.
  assert.match(await callText(client, 'where'), /^[0-9a-f]{12}$/)
  await close()
}

async function untilReached({ fetch, endpointOf }: Visit): Promise<void> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const status = await fetch(endpointOf(NEWCOMER)).then(
      async (answer) => {
        await answer.body?.cancel()
        return answer.status
      },
      (error: unknown) => error,
    )
    if (status === 401) return
    if (waited > CERTIFIED_MS_MAX) throw new Error(`${NEWCOMER} is not reached: ${String(status)}`)
    await sleep(LOOK_MS)
  }
}
