import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import test, { type ExecutionContext } from 'ava'
import { toUserId } from '../../../mcp-bridge/runner/user-id.ts'
import { type Caller, startBridge } from '../../support/bridge.ts'

const bridge = await startBridge()
test.after.always(() => bridge.stop())

interface Connected {
  readonly client: Client
  readonly transport: StreamableHTTPClientTransport
}

async function connect(
  t: ExecutionContext,
  service: string,
  caller: Caller,
  prepare: (client: Client) => void = () => {},
  capabilities: object = {},
): Promise<Connected> {
  const client = new Client({ name: 'test', version: '1' }, { capabilities })
  prepare(client)
  const transport = new StreamableHTTPClientTransport(new URL(`http://gateway/${service}/mcp`), {
    fetch: bridge.fetch(caller),
  })
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as unknown as Parameters<Client['connect']>[0])
  t.teardown(() => client.close())
  return { client, transport }
}

const textOf = (result: unknown) =>
  (CallToolResultSchema.parse(result).content as { text?: string }[])
    .map(({ text }) => text ?? '')
    .join('\n')

test('everything: tools, resources, prompts, and progress in full', async (t) => {
  const { client } = await connect(t, 'everything', { user: 'dev:e1' })
  t.true((await client.listTools()).tools.length > 5)
  t.true((await client.listResources()).resources.length > 0)
  t.true((await client.listPrompts()).prompts.length > 0)
  const echoed = await client.callTool({ name: 'echo', arguments: { message: 'hello' } })
  t.regex(textOf(echoed), /hello/)
  const seen: number[] = []
  await client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 5 } },
    CallToolResultSchema,
    { onprogress: ({ progress }) => seen.push(progress) },
  )
  t.deepEqual(seen, [1, 2, 3, 4, 5])
})

test('everything: sampling, elicitation, roots and logging reach the client and come back', async (t) => {
  const asked: string[] = []
  const prepare = (client: Client): void => {
    client.setRequestHandler(CreateMessageRequestSchema, () => {
      asked.push('sampling')
      return { model: 'm', role: 'assistant', content: { type: 'text', text: 'sampled-answer' } }
    })
    client.setRequestHandler(ElicitRequestSchema, () => {
      asked.push('elicitation')
      return { action: 'decline' }
    })
    client.setRequestHandler(ListRootsRequestSchema, () => {
      asked.push('roots')
      return { roots: [{ uri: 'file:///root-of-the-client', name: 'mine' }] }
    })
  }
  const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } }
  const { client } = await connect(t, 'everything', { user: 'dev:e2' }, prepare, capabilities)
  const { tools } = await client.listTools()
  const call = async (pattern: RegExp, args: Record<string, unknown> = {}) => {
    const name = tools.find((tool) => pattern.test(tool.name))?.name ?? String(pattern)
    return textOf(await client.callTool({ name, arguments: args }))
  }
  t.regex(await call(/^trigger-sampling-request$/, { prompt: 'p', maxTokens: 5 }), /sampled-answer/)
  t.regex(await call(/^trigger-elicitation-request$/), /decline/i)
  t.regex(await call(/^get-roots-list$/), /root-of-the-client/)
  t.true(['sampling', 'elicitation', 'roots'].every((one) => asked.includes(one)))
  const { promise, resolve } = Promise.withResolvers<string>()
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) =>
    resolve(params.level),
  )
  await client.setLoggingLevel('debug')
  await call(/^toggle-simulated-logging$/)
  t.truthy(await promise)
})

test('everything: shows an environment without anything of the gateway', async (t) => {
  const { client } = await connect(t, 'everything', { user: 'dev:e3' })
  const text = textOf(await client.callTool({ name: 'get-env', arguments: {} }))
  t.regex(text, /PATH/)
  t.notRegex(text, /EDGE_SECRET|edge-secret|REDIS/)
})

test('filesystem: serves the folder of its user, whatever the client says of roots', async (t) => {
  const caller = { user: 'dev:f1' }
  const prepare = (client: Client): void => {
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///etc' }] }))
  }
  const { client } = await connect(t, 'filesystem', caller, prepare, {
    roots: { listChanged: true },
  })
  await client.sendRootsListChanged()
  const folder = join(bridge.stateDirectory, 'services/filesystem', toUserId('dev:f1'))
  const call = (name: string, args: Record<string, unknown>) =>
    client.callTool({ name, arguments: args })
  t.regex(textOf(await call('list_allowed_directories', {})), new RegExp(`${folder}$`, 'm'))
  await call('write_file', { path: join(folder, 'note.txt'), content: 'mine' })
  t.is(readFileSync(join(folder, 'note.txt'), 'utf8'), 'mine')
  for (const path of ['/etc/hostname', join(folder, '../../memory'), join(folder, '..')]) {
    t.true(CallToolResultSchema.parse(await call('read_text_file', { path })).isError)
  }
  const other = await connect(t, 'filesystem', { user: 'dev:f2' })
  const stolen = await other.client.callTool({
    name: 'read_text_file',
    arguments: { path: join(folder, 'note.txt') },
  })
  t.true(CallToolResultSchema.parse(stolen).isError)
})

test('memory: one process for each user under many sessions, nothing lost, nothing shared', async (t) => {
  const write = async (user: string, n: number) => {
    const { client } = await connect(t, 'memory', { user })
    const entities = [{ name: `${user}-${n}`, entityType: 'test', observations: ['o'] }]
    await client.callTool({ name: 'create_entities', arguments: { entities } })
  }
  const users = ['dev:m1', 'dev:m2']
  await Promise.all(users.flatMap((user) => Array.from({ length: 20 }, (_, n) => write(user, n))))
  for (const user of users) {
    const { client } = await connect(t, 'memory', { user })
    const text = textOf(await client.callTool({ name: 'read_graph', arguments: {} }))
    const { entities } = JSON.parse(text) as { entities: { name: string }[] }
    t.deepEqual(
      entities.map(({ name }) => name).sort(),
      Array.from({ length: 20 }, (_, n) => `${user}-${n}`).sort(),
    )
  }
  t.is(bridge.children().filter((line) => line.includes('server-memory')).length, 2)
  const folders = readdirSync(join(bridge.stateDirectory, 'services/memory'))
  t.deepEqual(folders.sort(), users.map(toUserId).sort())
})

test('sequentialthinking: thinks within its session', async (t) => {
  const think = async (client: Client, thoughtNumber: number) =>
    textOf(
      await client.callTool({
        name: 'sequentialthinking',
        arguments: { thought: 'x', nextThoughtNeeded: true, thoughtNumber, totalThoughts: 3 },
      }),
    )
  const one = await connect(t, 'sequentialthinking', { user: 'dev:s' })
  const two = await connect(t, 'sequentialthinking', { user: 'dev:s' })
  await think(one.client, 1)
  t.regex(await think(one.client, 2), /"thoughtHistoryLength": 2/)
  t.regex(await think(two.client, 1), /"thoughtHistoryLength": 1/)
})

test('echo: ends its session when the client does', async (t) => {
  const { client, transport } = await connect(t, 'echo', { user: 'dev:c' })
  const result = await client.callTool({ name: 'echo', arguments: { message: 'm' } })
  t.is(textOf(result), 'm')
  await transport.terminateSession()
  t.is(transport.sessionId, undefined)
})
