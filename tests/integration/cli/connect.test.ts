/** `gateway connect` as clients start it, in front of servers of both eras that are not ours. */

import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import test, { type ExecutionContext } from 'ava'
import { type CommandLine, createCommandLine } from '../../support/command-line.ts'
import { until } from '../../support/gateway-process.ts'
import {
  aborted,
  readBody,
  serveFirst,
  serveHttp,
  serveSecond,
} from '../../support/remote-servers.ts'
import { callText } from '../../support/sdk-client.ts'

const MAIN = `${import.meta.dirname}/../../../cli/main.ts`
const WAIT_MS = 30_000

function toStdio(line: CommandLine, url: string) {
  const env = { ...line.env }
  return { command: process.execPath, args: [MAIN, 'connect', url], env, stderr: 'ignore' as const }
}

function makeLine(t: ExecutionContext): CommandLine {
  const line = createCommandLine()
  t.teardown(line.remove)
  return line
}

/** A client with sessions, which is asked for a name and gives one. */
async function connectFirst(t: ExecutionContext, url: string) {
  const client = new FirstClient({ name: 'c', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: 'accept' as const,
    content: { name: 'ann' },
  }))
  await client.connect(new FirstTransport(toStdio(makeLine(t), url)))
  t.teardown(() => client.close())
  return client
}

test('with sessions: calls, questions of the server, progress, and streams that are taken up again', async (t) => {
  const server = await serveFirst({ resumable: true })
  t.teardown(() => server.stop())
  const client = await connectFirst(t, server.url)
  t.is(await callText(client, 'echo', { message: 'hello ☃' }), 'hello ☃')
  t.is(await callText(client, 'ask'), 'hello ann')
  const heard: number[] = []
  await client.callTool({ name: 'count', arguments: { to: 3, ms: 20 } }, undefined, {
    onprogress: ({ progress }) => void heard.push(progress),
  })
  // The last one may come in one piece with the answer, which the SDK then takes first.
  t.deepEqual(heard.slice(0, 2), [1, 2])
  // Its stream is closed in the middle: the answer comes with the next, by Last-Event-ID.
  t.is(await callText(client, 'leave'), 'stayed')
  t.true(server.seen.some(({ method, headers }) => method === 'GET' && headers['last-event-id']))
})

test('a server that has lost the session is begun with anew, unnoticed', async (t) => {
  const server = await serveFirst()
  t.teardown(() => server.stop())
  const client = await connectFirst(t, server.url)
  t.is(await callText(client, 'echo', { message: 'before' }), 'before')
  server.restart?.()
  t.is(await callText(client, 'echo', { message: 'after' }), 'after')
  // The new session is one in full: the server can ask in it.
  t.is(await callText(client, 'ask'), 'hello ann')
  const sessions = new Set(server.seen.map(({ headers }) => headers['mcp-session-id']))
  t.is([...sessions].filter((id) => id !== undefined).length, 2)
})

test('a server that begins no new session: the call is told, and nothing hangs', async (t) => {
  let openings = 0
  const server = await serveHttp(async (request, response) => {
    const body = await readBody(request)
    if (!body.includes('"initialize"')) {
      response.writeHead(body.includes('notifications/') ? 202 : 404).end()
      return
    }
    openings += 1
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
    }
    const { id } = JSON.parse(body) as { id: number }
    response.setHeader('content-type', 'text/event-stream')
    response.setHeader('mcp-session-id', `session-${openings}`)
    // The second time it says nothing.
    const answer = `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`
    response.end(openings === 1 ? answer : '')
  })
  t.teardown(() => server.stop())
  const client = await connectFirst(t, server.url)
  await t.throwsAsync(client.listTools(), { message: /does not open the session anew/ })
  t.true(openings >= 2)
})

test('the session is ended at the server when the client closes the pipe', async (t) => {
  const server = await serveFirst()
  t.teardown(() => server.stop())
  const client = await connectFirst(t, server.url)
  await client.close()
  await until(() => server.seen.some(({ method }) => method === 'DELETE'), WAIT_MS)
  t.pass()
})

test('without sessions: calls, progress, and leaving a call', async (t) => {
  const server = await serveSecond('reject')
  t.teardown(() => server.stop())
  const client = new Client(
    { name: 'c', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(new StdioClientTransport(toStdio(makeLine(t), server.url)))
  t.teardown(() => client.close())
  t.is(client.getNegotiatedProtocolVersion(), '2026-07-28')
  const echoed = await client.callTool({ name: 'echo', arguments: { message: 'hello' } })
  t.deepEqual(echoed.content, [{ type: 'text', text: 'hello' }])
  // A header repeats this argument, which a client on a pipe cannot send; the server insists.
  await client.listTools()
  const region = { region: 'Zürich', query: 'rain' }
  const searched = await client.callTool({ name: 'in-region', arguments: region })
  t.deepEqual(searched.content, [{ type: 'text', text: 'rain in Zürich' }])
  const leaving = new AbortController()
  const heard: number[] = []
  const before = aborted.second
  const call = client.callTool(
    { name: 'count', arguments: { to: 1000, ms: 20 } },
    {
      signal: leaving.signal,
      onprogress({ progress }) {
        heard.push(progress)
        if (progress === 2) leaving.abort()
      },
    },
  )
  await t.throwsAsync(call)
  t.deepEqual(heard.slice(0, 2), [1, 2])
  await until(() => aborted.second > before, WAIT_MS)
})

test('lines: whatever is no message is refused, and each request has one answer in the words of a person', async (t) => {
  const server = await serveHttp((_, response) => void response.writeHead(503).end('busy'))
  t.teardown(() => server.stop())
  const lines = [
    'rubbish',
    '{"jsonrpc":"2.0","id":1}',
    '[{"jsonrpc":"2.0","id":2,"method":"a"},{"jsonrpc":"2.0","id":"x","method":"b"}]',
    '{"jsonrpc":"2.0","method":"notifications/nobody"}',
    '',
  ]
  const { stdout, exitCode } = await makeLine(t).run(['connect', server.url], {
    stdin: lines.join('\n'),
  })
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: unknown; error: { code: number; message: string } })
  t.is(exitCode, 0)
  t.deepEqual(answers.map(({ id }) => String(id)).sort(), ['2', 'null', 'null', 'x'])
  t.deepEqual(
    answers.filter(({ id }) => id === null).map(({ error }) => error.code),
    [-32_700, -32_600],
  )
  for (const { error } of answers.filter(({ id }) => id !== null)) {
    t.regex(error.message, /answered 503: .*busy Next: try again in a moment/)
  }
})

test('where a login is needed and nobody can be asked, the client is told what to do', async (t) => {
  const server = await serveHttp((_, response) => void response.writeHead(401).end())
  t.teardown(() => server.stop())
  const { stdout } = await makeLine(t).run(['connect', server.url, '--no-login'], {
    stdin: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n',
  })
  const { error } = JSON.parse(stdout) as { error: { message: string } }
  t.is(error.message, `${server.url} wants a login. Next: gateway login ${server.url}`)
})
