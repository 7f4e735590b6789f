/** Servers that keep files, written to by several people and clients at once. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import test, { type ExecutionContext } from 'ava'
import { toUserId } from '../../mcp-bridge/runner/user-id.ts'
import { type Caller, PATIENT_LEASE_MS, startBridge } from '../support/bridge.ts'
import { verifiesAlone } from '../support/verifies.ts'

const bridge = await startBridge({ environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS } })
test.after.always(() => bridge.stop())

const WRITES = 40

/** Ann has four clients, two of them under one login; Bob has one. */
const CLIENTS: readonly Caller[] = [
  { user: 'dev:ann', client: 'a' },
  { user: 'dev:ann', client: 'a' },
  { user: 'dev:ann', client: 'b' },
  { user: 'dev:ann', client: 'c' },
  { user: 'dev:bob', client: 'a' },
]
const USERS = ['dev:ann', 'dev:bob']

async function connect(t: ExecutionContext, service: string, caller: Caller): Promise<Client> {
  const client = new Client({ name: 'hammer', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(`http://gateway/${service}/mcp`), {
    fetch: bridge.fetch(caller),
  })
  await client.connect(transport as unknown as Parameters<Client['connect']>[0])
  t.teardown(() => client.close())
  return client
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: args }))
  const text = result.content.map((one) => ('text' in one ? one.text : '')).join('\n')
  if (result.isError === true) throw new Error(`${name}: ${text}`)
  return text
}

/** What each client writes: of whom, by which client, the how-manieth. */
const namesOf = (index: number): string[] =>
  Array.from({ length: WRITES }, (_, n) => `${CLIENTS[index]?.user}/${index}/${n}`)

const namesOfUser = (user: string): string[] =>
  CLIENTS.flatMap((caller, index) => (caller.user === user ? namesOf(index) : [])).sort()

verifiesAlone('stateful-memory', async (t) => {
  const clients = await Promise.all(CLIENTS.map((caller) => connect(t, 'memory', caller)))
  await Promise.all(
    clients.map(async (client, index) => {
      const write = (name: string) =>
        call(client, 'create_entities', {
          entities: [{ name, entityType: 'test', observations: [name] }],
        })
      await Promise.all(namesOf(index).map(write))
    }),
  )
  for (const user of USERS) {
    const reader = await connect(t, 'memory', { user, client: 'reader' })
    const graph = JSON.parse(await call(reader, 'read_graph', {})) as {
      entities: { name: string; observations: string[] }[]
    }
    t.deepEqual(graph.entities.map(({ name }) => name).sort(), namesOfUser(user))
    t.true(graph.entities.every(({ name, observations }) => observations.join() === name))
    const file = join(bridge.stateDirectory, 'services/memory', toUserId(user), 'memory.jsonl')
    t.is(readFileSync(file, 'utf8').trim().split('\n').length, namesOfUser(user).length)
  }
  const processes = bridge.children().filter((line) => line.includes('server-memory'))
  t.is(processes.length, 2, 'one for each person')
})

verifiesAlone('stateful-filesystem', async (t) => {
  const clients = await Promise.all(CLIENTS.map((caller) => connect(t, 'filesystem', caller)))
  const folderOf = (user = '') => join(bridge.stateDirectory, 'services/filesystem', toUserId(user))
  const fileOf = (folder: string, name: string) =>
    join(folder, `${name.replaceAll(/\W/g, '-')}.txt`)
  await Promise.all(
    clients.map(async (client, index) => {
      const folder = folderOf(CLIENTS[index]?.user)
      const write = async (name: string) => {
        const path = fileOf(folder, name)
        await call(client, 'write_file', { path, content: name })
        t.is((await call(client, 'read_text_file', { path })).trim(), name)
      }
      await Promise.all(namesOf(index).map(write))
    }),
  )
  for (const user of USERS) {
    const reader = await connect(t, 'filesystem', { user, client: 'reader' })
    const listed = await call(reader, 'list_directory', { path: folderOf(user) })
    t.is(listed.match(/^\[FILE\]/gm)?.length, namesOfUser(user).length)
    for (const name of namesOfUser(user)) {
      t.is(readFileSync(fileOf(folderOf(user), name), 'utf8'), name)
    }
    for (const other of USERS.filter((one) => one !== user)) {
      const path = fileOf(folderOf(other), namesOfUser(other)[0] ?? '')
      await t.throwsAsync(call(reader, 'read_text_file', { path }), { message: /denied|outside/ })
      await t.throwsAsync(call(reader, 'write_file', { path, content: 'stolen' }))
    }
  }
})
