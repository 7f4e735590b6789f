import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const gateway = await startGateway()
test.after.always(() => gateway.remove())

const endpoint = (service: string): string => `${gateway.url}/${service}/mcp`

/** One real call for each service of the default. */
const CALLS: Record<string, [tool: string, args: Record<string, unknown>, answer: RegExp]> = {
  echo: ['echo', { message: 'hello ☃' }, /hello ☃/],
  everything: ['echo', { message: 'hello' }, /hello/],
  fetchs: ['fetch', { url: 'http://169.254.169.254/' }, /not on the public internet/],
  filesystem: ['list_allowed_directories', {}, /services\/filesystem\/u[a-z2-7]{26}/],
  memory: ['read_graph', {}, /entities/],
  sequentialthinking: [
    'sequentialthinking',
    { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
    /"thoughtNumber": 1/,
  ],
}

for (const [service, [tool, args, expected]] of Object.entries(CALLS)) {
  test(`a stranger’s client finds its way to ${service}, logs in, lists tools and calls one`, async (t) => {
    const connection = await connect(endpoint(service), createVisitor('alice'))
    t.teardown(() => connection.close())
    const { tools } = await connection.client.listTools()
    t.true(tools.some(({ name }) => name === tool))
    t.regex(await callText(connection.client, tool, args), expected)
    const { saved } = connection.provider
    t.is(saved?.scope?.includes('mcp'), true)
    t.truthy(saved?.refresh_token)
  })
}

verifies('identity-end-to-end', async (t) => {
  const connection = await connect(endpoint('echo'), createVisitor('alice'), {
    headers: { 'X-User-Id': 'dev:root', 'x-user-name': 'root', 'X-Auth-Scopes': 'everything' },
  })
  t.teardown(() => connection.close())
  const seen = await callText(connection.client, 'whoami')
  t.true(seen.includes('dev:alice'))
  t.false(seen.includes('root'))
  t.false(seen.includes('everything'))
})

verifies('token-audience-end-to-end', async (t) => {
  const connection = await connect(endpoint('echo'), createVisitor('alice'))
  t.teardown(() => connection.close())
  const answer = await fetch(endpoint('memory'), {
    method: 'POST',
    headers: { Authorization: `Bearer ${connection.provider.saved?.access_token}` },
  })
  t.is(answer.status, 401)
  t.regex(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
})

verifies('users-are-separate', async (t) => {
  const [alice, bob] = await Promise.all([
    connect(endpoint('memory'), createVisitor('alice')),
    connect(endpoint('memory'), createVisitor('bob')),
  ])
  t.teardown(() => Promise.all([alice.close(), bob.close()]))
  const entities = [{ name: 'diary', entityType: 'note', observations: ['of alice'] }]
  await callText(alice.client, 'create_entities', { entities })
  t.regex(await callText(alice.client, 'read_graph'), /of alice/)
  t.notRegex(await callText(bob.client, 'read_graph'), /of alice/)

  const again = await connect(endpoint('memory'), createVisitor('alice'))
  t.teardown(() => again.close())
  t.regex(await callText(again.client, 'read_graph'), /of alice/, 'a second login finds it again')

  const stolen = await fetch(endpoint('memory'), {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${bob.provider.saved?.access_token}`,
      'Mcp-Session-Id': alice.transport.sessionId ?? '',
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  })
  t.is(stolen.status, 404, 'somebody else’s session does not exist')
})

verifies('stream-longer-than-timeouts', async (t) => {
  t.timeout(60_000)
  const connection = await connect(endpoint('everything'), createVisitor('alice'))
  t.teardown(() => connection.close())
  const arrivals: number[] = []
  const startedAt = performance.now()
  await connection.client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 30, steps: 10 } },
    undefined,
    { timeout: 45_000, onprogress: () => arrivals.push(performance.now() - startedAt) },
  )
  const took = performance.now() - startedAt
  t.true(took > 29_000, `it took ${took} ms`)
  t.true(arrivals.length >= 9, `${arrivals.length} notices of progress`)
  const [first = took] = arrivals
  t.true(first < took / 2, `the first came after ${first} ms: while the call ran`)
})
