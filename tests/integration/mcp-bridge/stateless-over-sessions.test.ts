import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import test from 'ava'
import { startBridge } from '../../support/bridge.ts'

const bridge = await startBridge({
  services: {
    everything: { npm: '@modelcontextprotocol/server-everything' },
    memory: { npm: '@modelcontextprotocol/server-memory', isolation: 'user', calls: 'serial' },
    files: {
      npm: '@modelcontextprotocol/server-filesystem',
      args: ['${data}/${user.id}'],
      folders: ['${data}/${user.id}'],
      isolation: 'user',
      roots: 'deny',
    },
  },
})
test.after.always(() => bridge.stop())

type Params = Record<string, unknown>

interface Asked {
  readonly method: string
  readonly params?: Params
}

/** The official client of 2026-07-28, with somebody behind it who answers whatever is asked. */
async function connect(service: string, capabilities: object = {}) {
  const client = new Client(
    { name: 'second', version: '1' },
    { versionNegotiation: { mode: 'auto' }, capabilities },
  )
  const asked: Asked[] = []
  const errors: unknown[] = []
  client.onerror = (error) => void errors.push(error)
  if ('elicitation' in capabilities) {
    client.setRequestHandler('elicitation/create', (request) => {
      asked.push(request as Asked)
      return { action: 'accept', content: { name: 'Ann', check: true } }
    })
  }
  if ('sampling' in capabilities) {
    client.setRequestHandler('sampling/createMessage', (request) => {
      asked.push(request as Asked)
      return { role: 'assistant', model: 'm', content: { type: 'text', text: 'from a model' } }
    })
  }
  if ('roots' in capabilities) {
    client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///own', name: 'own' }] }))
  }
  const transport = new StreamableHTTPClientTransport(new URL(`http://gateway/${service}/mcp`), {
    fetch: bridge.fetch(),
  })
  await client.connect(transport)
  const call = async (name: string, args: Params = {}, options = {}): Promise<string> => {
    const result = await client.callTool({ name, arguments: args }, options)
    const content = result.content as { text?: string }[]
    return content.map(({ text }) => text ?? '').join('\n')
  }
  return { client, asked, errors, call }
}

test('the client of 2026-07-28 stays with its revision and sees the server as it is', async (t) => {
  const { client } = await connect('everything')
  t.is(client.getNegotiatedProtocolVersion(), '2026-07-28')
  t.is(client.getServerVersion()?.name, 'mcp-servers/everything')
  t.true((client.getInstructions() ?? '').length > 100)
  t.deepEqual(client.getServerCapabilities(), {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    logging: {},
    completions: {},
  })
  await client.close()
})

test('lists, calls, prompts, resources and completions', async (t) => {
  const { client, call } = await connect('everything')
  const { tools } = await client.listTools()
  t.true(tools.some(({ name }) => name === 'echo'))
  t.false(
    tools.some(({ name }) => name.includes('elicitation')),
    'nothing was declared',
  )
  t.is(await call('echo', { message: 'hello' }), 'Echo: hello')
  const prompt = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Ulm' } })
  t.regex(JSON.stringify(prompt.messages), /Ulm/)
  const { resources } = await client.listResources()
  const [first] = resources
  const { contents } = await client.readResource({ uri: first?.uri ?? '' })
  t.is(contents[0]?.uri, first?.uri)
  t.true((await client.listResourceTemplates()).resourceTemplates.length > 0)
  const completed = await client.complete({
    ref: { type: 'ref/prompt', name: 'completable-prompt' },
    argument: { name: 'department', value: 'E' },
  })
  t.deepEqual(completed.completion.values, ['Engineering'])
  const error = await t.throwsAsync(client.readResource({ uri: 'demo://nowhere' }))
  t.is((error as { code?: number }).code, -32602)
  await client.close()
})

test('what the server asks is a part of the answer: a form, an address, a model, folders', async (t) => {
  const { client, asked, call, errors } = await connect('everything', {
    elicitation: { form: {}, url: {} },
    sampling: {},
    roots: {},
  })
  t.regex(await call('trigger-elicitation-request'), /Name: Ann/)
  t.regex(await call('trigger-sampling-request', { prompt: 'p' }), /from a model/)
  t.regex(await call('get-roots-list'), /file:\/\/\/own/)
  const address = { url: 'https://example.com/', message: 'visit it' }
  t.regex(await call('trigger-url-elicitation', address), /User completed/)
  t.deepEqual(asked.at(-1)?.params, { mode: 'url', ...address }, 'without what was dropped')
  // The error of 2025-11-25 that asks for the same becomes a question too.
  const other = { url: 'https://example.com/other', errorPath: true }
  t.regex(await call('trigger-url-elicitation', other), /User completed/)
  t.is(asked.at(-2)?.params?.['url'], 'https://modelcontextprotocol.io')
  t.deepEqual(errors, [])
  await client.close()
})

test('progress comes before the answer', async (t) => {
  const { client, call } = await connect('everything')
  const progress: number[] = []
  await call(
    'trigger-long-running-operation',
    { duration: 0.1, steps: 3 },
    { onprogress: ({ progress: done }: { progress: number }) => void progress.push(done) },
  )
  t.deepEqual(progress, [1, 2, 3])
  await client.close()
})

test('a stream brings what was subscribed to, and what has changed', async (t) => {
  const { client, call } = await connect('everything')
  const { promise: updated, resolve } = Promise.withResolvers<unknown>()
  client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
    resolve(params.uri),
  )
  const uri = 'demo://resource/dynamic/text/1'
  const subscription = await client.listen({ resourceSubscriptions: [uri], toolsListChanged: true })
  await call('toggle-subscriber-updates')
  t.is(await updated, uri)
  await subscription.close()
  await client.close()
})

test('processes of one person serve both eras', async (t) => {
  const one = await connect('memory')
  const entity = { name: 'gateway', entityType: 'program', observations: ['works'] }
  await one.call('create_entities', { entities: [entity] })
  const two = await connect('memory', { sampling: {} })
  t.regex(await two.call('read_graph'), /gateway/)
  const files = await connect('files')
  const { tools } = await files.client.listTools()
  t.true(tools.length > 5)
  t.regex(await files.call('list_allowed_directories'), /Allowed directories/)
  for (const { client } of [one, two, files]) await client.close()
})
