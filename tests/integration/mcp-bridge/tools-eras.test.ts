/** Rules about tools, and the audit log, whichever era the two sides speak and wherever the server is. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type AuditRecord, lastAudit } from '../../../lib/store/audit-record.ts'
import { type Caller, fixture, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { serveFirst, serveSecond } from '../../support/remote-servers.ts'
import { ask, callTool } from '../../support/stateless.ts'

const WAIT_MS = 15_000
const [first, second] = [await serveFirst(), await serveSecond()]
/** `plain` may be called by all, `scoped` needs a scope, `denied` is nobody's. */
const SERVICES = {
  'stdio-both': { plain: 'count', scoped: 'greet', denied: 'grow', args: { to: 1, ms: 1 } },
  'stdio-new': { plain: 'count', scoped: 'saw', denied: 'grow', args: { to: 1, ms: 1 } },
  'stdio-old': { plain: 'read', scoped: 'write', denied: 'danger', args: {} },
  'remote-old': { plain: 'echo', scoped: 'ask', denied: 'grow', args: { message: 'a' } },
  'remote-both': { plain: 'echo', scoped: 'count', denied: 'whoami', args: { message: 'a' } },
} as const
type Name = keyof typeof SERVICES
const names = Object.keys(SERVICES) as Name[]

const ruled = (service: Name) => {
  const { scoped, denied } = SERVICES[service]
  return {
    tools: { deny: [denied, 'no-*'], scopes: { [scoped]: ['more'] } },
    scopes: { more: 'More.' },
  }
}

const bridge = await startBridge({
  services: {
    'stdio-both': fixture('both-eras.ts', ruled('stdio-both')),
    'stdio-new': fixture('stateless-only.ts', ruled('stdio-new')),
    'stdio-old': fixture('offers-tools.ts', ruled('stdio-old')),
    'remote-old': { url: first.url, ...ruled('remote-old') },
    'remote-both': { url: second.url, ...ruled('remote-both') },
  },
})
const store = await bridge.valkey.connect()
test.after.always(async () => {
  await bridge.stop()
  await Promise.all([first.stop(), second.stop()])
})

type Send = (method: string, params: object) => Promise<Response>

/** How a client of that era says the same. */
const ERAS: Record<string, (service: Name, caller: Caller) => Promise<Send>> = {
  sessions: async (service, caller) => {
    const options = { caller, session: (await open(bridge, service, { caller })).id }
    return (method, params) => send(bridge, service, rpc(method, params), options)
  },
  stateless: async (service, caller) => (method, params) =>
    ask(bridge, service, method, params, { caller }),
}

const namesIn = ({ result }: RpcBody): string[] =>
  ((result?.['tools'] ?? []) as { name: string }[]).map(({ name }) => name)

async function recordsOf(user: string, count: number): Promise<AuditRecord[]> {
  const find = async (): Promise<AuditRecord[]> =>
    (await lastAudit(store, 1000, (one) => one.user === user)).map(({ record }) => record)
  await until(async () => (await find()).length >= count, WAIT_MS)
  await sleep(300)
  return await find()
}

for (const service of names) {
  for (const [era, begin] of Object.entries(ERAS)) {
    const { plain, scoped, denied, args } = SERVICES[service]
    test(`${service}: a client of the era ${era}`, async (t) => {
      const user = `dev:${service}-${era}`
      const caller = { user, scopes: ['mcp'] }
      const say = await begin(service, caller)
      const listed = namesIn(await json(say('tools/list', {})))
      t.true(listed.includes(plain))
      t.false(listed.includes(scoped) || listed.includes(denied))
      const refused = await say('tools/call', { name: denied, arguments: {} })
      t.is(refused.status, 200)
      t.deepEqual((await json(refused)).error, {
        code: -32602,
        message: `Unknown tool: ${denied}`,
      })
      const scope = await say('tools/call', { name: scoped, arguments: {} })
      t.is(scope.status, 403)
      t.regex(scope.headers.get('www-authenticate') ?? '', /scope="mcp [\w-]+:more"/)
      const done = await json(say('tools/call', { name: plain, arguments: args }))
      t.truthy(done.result, JSON.stringify(done))
      const records = await recordsOf(user, 3)
      t.deepEqual(
        records.map(({ target, outcome, service: of }) => [of, target, outcome]),
        [
          [service, denied, 'denied'],
          [service, scoped, 'denied'],
          [service, plain, 'ok'],
        ],
      )
      t.true(Number(records[2]?.details?.['answer_bytes']) > 20)
      const more = await begin(service, { ...caller, scopes: ['mcp', `${service}:more`] })
      t.true(namesIn(await json(more('tools/list', {}))).includes(scoped))
    })
  }
}

test('without a session too the body decides, never a header', async (t) => {
  const options = { caller: { user: 'dev:header', scopes: ['mcp'] } }
  const headers = { 'mcp-name': 'count' }
  const lied = await callTool(bridge, 'stdio-both', 'grow', {}, { ...options, headers })
  t.is(lied.status, 400)
  t.is((await json(lied)).error?.code, -32020)
  const twice = await send(
    bridge,
    'stdio-both',
    '{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{"name":"grow","_meta":' +
      '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}',
    { ...options, headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' } },
  )
  t.is(twice.status, 400)
  t.regex((await json(twice)).error?.message ?? '', /must be written so/)
})

test('an answer that asks for more is kept as that; who leaves has cancelled', async (t) => {
  const caller = { user: 'dev:rounds', scopes: ['mcp', 'stdio-both:more'] }
  const asking = await callTool(
    bridge,
    'stdio-both',
    'greet',
    {},
    {
      caller,
      capabilities: { elicitation: { form: {} } },
    },
  )
  t.is((await json(asking)).result?.['resultType'], 'input_required')
  const left = new AbortController()
  const slow = { to: 1000, ms: 100 }
  const leaving = callTool(bridge, 'stdio-both', 'count', slow, { caller, signal: left.signal })
  await sleep(500)
  left.abort()
  await leaving.then((response) => response.text()).catch(() => {})
  const records = await recordsOf('dev:rounds', 2)
  t.deepEqual(
    records.map(({ target, outcome }) => [target, outcome]),
    [
      ['greet', 'input_required'],
      ['count', 'cancelled'],
    ],
  )
})
