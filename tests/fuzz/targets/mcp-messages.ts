/**
 * POST to an MCP server, in both eras, by two people at once who share one process: each is answered under
 * the ids it sent, and nothing of the one reaches the other.
 */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readReference } from '../harness/event-stream.ts'
import type { Target } from '../harness/fuzz.ts'
import { type Answer, choose } from '../harness/send.ts'
import { fill, type World } from '../harness/world.ts'

type Message = Readonly<Record<string, unknown>>

const PEOPLE = ['alice', 'bob'] as const
const STATELESS = '2026-07-28'
/** Batches exist in the older one alone. */
const REVISIONS = ['2025-11-25', '2025-03-26'] as const
const META = {
  'io.modelcontextprotocol/protocolVersion': STATELESS,
  'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

const id = fc.oneof(
  fc.nat(9),
  fc.constantFrom<unknown>(
    '1',
    '',
    'x'.repeat(200),
    '\u2028',
    -1,
    1.5,
    null,
    true,
    [],
    {},
    2 ** 53,
  ),
)
const method = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('echo', 'echo', 'tick', 'ping', 'tools/list', 'tools/call'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'initialize',
      'notifications/initialized',
      'notifications/cancelled',
      'resources/subscribe',
      'logging/setLevel',
      'server/discover',
      'completion/complete',
      '',
      '__proto__',
      'rpc.x',
    ),
  },
)
const params = fc.oneof(
  fc.constantFrom<unknown>(
    { text: 'MARK' },
    { name: 'echo', arguments: { text: 'MARK' } },
    { text: 'MARK', _meta: { progressToken: 1 } },
    { text: 'MARK', _meta: { ...META, progressToken: 'MARK' } },
    { text: 'MARK', _meta: META },
    { requestId: 1 },
    { uri: 'x:MARK' },
    { name: { toString: 1 } },
  ),
  fc.jsonValue({ maxDepth: 3 }),
)
const one = fc
  .tuple(
    id,
    method,
    params,
    fc.constantFrom('request', 'request', 'request', 'note', 'result', 'error', 'both', '1.0'),
  )
  .map(([number, name, given, kind]) => {
    const request = {
      jsonrpc: kind === '1.0' ? '1.0' : '2.0',
      id: number,
      method: name,
      params: given,
    }
    if (kind === 'note') return { jsonrpc: '2.0', method: name, params: given }
    if (kind === 'result') return { jsonrpc: '2.0', id: number, result: given }
    if (kind === 'error') return { jsonrpc: '2.0', id: number, error: given }
    return kind === 'both' ? { ...request, result: given } : request
  })
const body = fc
  .oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: fc.array(one, { maxLength: 4 }) })
  .map((message) => JSON.stringify(message))

interface Caller {
  readonly name: (typeof PEOPLE)[number]
  readonly token: string
  readonly sessions: Map<string, string>
}

export async function messagesTarget(world: World): Promise<Target> {
  const { sender } = world
  const target = '/fix/mcp'
  const callers: Caller[] = []
  for (const name of PEOPLE) {
    callers.push({
      name,
      token: await world.accessToken(name, `${world.issuer}${target}`),
      sessions: new Map(),
    })
  }

  function post(
    caller: Caller,
    bytes: Buffer,
    more: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${caller.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...more,
    }
    return sender.send({ method: 'POST', target, headers, body: bytes })
  }

  async function open(caller: Caller, protocolVersion: string): Promise<string> {
    const held = caller.sessions.get(protocolVersion)
    if (held !== undefined) return held
    const clientInfo = { name: 'fuzz', version: '1' }
    const begin = {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion, capabilities: {}, clientInfo },
    }
    const answer = await post(caller, Buffer.from(JSON.stringify(begin)), {})
    const session = String(answer.headers['mcp-session-id'])
    assert.equal(answer.status, 200, answer.text)
    await post(caller, Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'), {
      'mcp-session-id': session,
    })
    caller.sessions.set(protocolVersion, session)
    return session
  }

  async function converse(caller: Caller, bytes: Buffer, revision: string): Promise<string> {
    const sent = fill(bytes, { MARK: `mark-of-${caller.name}` })
    const headers =
      revision === STATELESS
        ? statelessHeaders(sent)
        : { 'mcp-session-id': await open(caller, revision) }
    const answer = await post(caller, sent, headers)
    if (answer.status === 404 && revision !== STATELESS) caller.sessions.delete(revision)
    const begun = answer.headers['mcp-session-id']
    if (revision === STATELESS && begun !== undefined) {
      const authorization = `Bearer ${caller.token}`
      await sender.send({
        method: 'DELETE',
        target,
        headers: { authorization, 'mcp-session-id': String(begun) },
      })
    }
    assertOwn(caller, sent, answer)
    return `${answer.status}`
  }

  return {
    corpus: 'mcp-messages',
    words: [
      '"id":1,',
      '"id":"1",',
      '"method":"echo"',
      '"MARK"',
      '"_meta":{"progressToken":1}',
      '"params":',
      '"result":{}',
      JSON.stringify(META).slice(1, -1),
    ],
    grammar: body,
    async check(bytes) {
      const revision = choose(bytes, [...REVISIONS, STATELESS] as [string, ...string[]])
      const statuses = await Promise.all(callers.map((caller) => converse(caller, bytes, revision)))
      return [...new Set(statuses)].join(' and ')
    },
    outcomes: ['200', '202', '400'],
  }
}

/** Those that have to say again what the body says, where it says it. */
function statelessHeaders(bytes: Buffer): Record<string, string> {
  const [message] = messagesIn(bytes.toString('utf8'))
  const name = (message?.['params'] as Message | undefined)?.['name']
  const plain = (text: unknown): text is string => typeof text === 'string' && /^[!-~]+$/.test(text)
  return {
    'mcp-protocol-version': STATELESS,
    ...(plain(message?.['method']) ? { 'mcp-method': message['method'] } : {}),
    ...(plain(name) ? { 'mcp-name': name } : {}),
  }
}

/** A byte-order mark is ignored, as RFC 8259 section 8.1 allows. */
function messagesIn(text: string): Message[] {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return (Array.isArray(value) ? value : [value]).filter(
      (one) => typeof one === 'object' && one !== null,
    )
  } catch {
    return []
  }
}

function assertOwn(caller: Caller, sent: Buffer, { status, headers, text }: Answer): void {
  assert.ok(status < 500, `${status}: ${text}`)
  // These two methods of the fixture tell what it has heard of everybody.
  const isTold = /heard|asked/.test(sent.toString('latin1'))
  for (const other of PEOPLE.filter((name) => name !== caller.name)) {
    assert.ok(
      isTold || !text.includes(`mark-of-${other}`),
      `${caller.name} was told of ${other}: ${text}`,
    )
  }
  const isStream = headers['content-type'] === 'text/event-stream'
  const texts = isStream ? readReference(Buffer.from(text)).events.map(({ data }) => data) : [text]
  const requests = messagesIn(sent.toString('utf8')).filter(
    (one) => 'method' in one && isId(one['id']),
  )
  const wanted = requests.map((one) => one['id'])
  const got = texts.flatMap(messagesIn).filter((one) => !('method' in one))
  for (const answer of got) {
    assert.ok(
      answer['id'] === null || wanted.includes(answer['id']),
      `${JSON.stringify(answer)} to ${wanted}`,
    )
  }
  if (status !== 200) return
  assert.deepEqual(got.map((one) => one['id']).toSorted(), wanted.toSorted(), text)
}

function isId(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
}
