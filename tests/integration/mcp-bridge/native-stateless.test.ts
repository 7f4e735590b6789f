/** Requests without sessions in front of native servers: what reaches them, what is learnt of them, and how a call ends. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import test from 'ava'
import { type AuditRecord, lastAudit } from '../../../lib/store/audit-record.ts'
import { REVISIONS } from '../../../mcp-bridge/era.ts'
import type { Caller } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { events, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { somebody, startRevocableBridge } from '../../support/revocable.ts'
import { ask, callTool } from '../../support/stateless.ts'

const WAIT_MS = 15_000
const diaries = mkdtempSync(join(tmpdir(), 'native-'))
const PROGRAM = join(import.meta.dirname, '../../fixtures/native-server.ts')
/** As a bridge of the tests finds it, from its folder in that for temporary files. */
const FROM_BRIDGE = relative(join(tmpdir(), 'bridge'), PROGRAM)

function native(name: string, kind: string, more: object = {}): object {
  return { native: FROM_BRIDGE, args: [kind, join(diaries, name)], ...more }
}

const RULES = { deny: ['secret'], scopes: { streams: ['slow'] } }
const { bridge, revoke } = await startRevocableBridge({
  services: {
    old: native('old', 'sessions'),
    young: native('young', 'stateless'),
    ruled: native('ruled', 'stateless', { tools: RULES, scopes: { slow: 'Wait.' } }),
    weak: native('weak', 'weak'),
    slow: native('slow', 'slow'),
    mortal: native('mortal', 'stateless'),
  },
})
// The first has the grant of whoever is not named here, and would take it along.
somebody()
const store = await bridge.valkey.connect()
test.after.always(async () => {
  await bridge.stop()
  rmSync(diaries, { recursive: true, force: true })
})

interface Line {
  readonly method?: string
  readonly tool?: string
  readonly left?: string
  readonly headers?: Readonly<Record<string, string>>
}

function diary(name: string): Line[] {
  const file = join(diaries, name)
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  return lines.map((line) => JSON.parse(line) as Line)
}

async function outcomesOf({ user }: Caller, count: number): Promise<unknown[]> {
  const find = async (): Promise<AuditRecord[]> =>
    (await lastAudit(store, 1000, (one) => one.user === user)).map(({ record }) => record)
  await until(async () => (await find()).length >= count, WAIT_MS)
  return (await find()).map(({ target, outcome }) => [target, outcome])
}

test('one that knows sessions only is asked once; clients are told which revisions there are', async (t) => {
  const answers = await Promise.all(
    ['server/discover', 'tools/list', 'tools/list'].map((method) => ask(bridge, 'old', method)),
  )
  for (const answer of [...answers, await ask(bridge, 'old', 'tools/list')]) {
    t.is(answer.status, 400)
    const { id, error } = await json(answer)
    t.is(id, 1)
    t.is(error?.code, -32022)
    t.deepEqual(error?.data, { supported: REVISIONS, requested: '2026-07-28' })
  }
  t.deepEqual(
    diary('old').map(({ method }) => method),
    ['server/discover'],
  )
  const { id } = await open(bridge, 'old')
  t.truthy((await json(send(bridge, 'old', rpc('tools/list'), { session: id }))).result)
})

test('one that cannot say what it knows is asked again', async (t) => {
  const caller = somebody()
  const failed = await ask(bridge, 'weak', 'tools/list', {}, { caller })
  t.is(failed.status, 502)
  t.regex((await json(failed)).error?.message ?? '', /^the service weak: /)
  const answered = await callTool(bridge, 'weak', 'answers', {}, { caller })
  t.deepEqual((await json(answered)).result?.['content'], [])
  t.deepEqual(
    diary('weak').map(({ method }) => method),
    ['server/discover', 'server/discover', 'tools/call'],
  )
})

test('what reaches it is the request and who asks: no session, no credentials', async (t) => {
  const headers = {
    authorization: 'Bearer canary',
    cookie: 'canary=1',
    'mcp-session-id': 'a-session-of-the-client',
    'mcp-param-region': 'north',
  }
  const caller = { user: 'dev:asks' }
  const answer = await callTool(bridge, 'young', 'answers', {}, { headers, caller })
  t.is(answer.status, 200)
  t.is(answer.headers.get('mcp-session-id'), null)
  const [seen] = diary('young')
    .filter(({ headers }) => headers?.['x-user-id'] === 'dev:asks')
    .slice(-1)
  t.like(seen?.headers, {
    'mcp-method': 'tools/call',
    'mcp-name': 'answers',
    'mcp-protocol-version': '2026-07-28',
    'mcp-param-region': 'north',
  })
  for (const name of ['authorization', 'cookie', 'mcp-session-id']) {
    t.false(name in (seen?.headers ?? {}), name)
  }
  t.false(JSON.stringify(seen).includes('canary'))
})

for (const tool of ['hangs', 'streams']) {
  test(`who leaves a call that ${tool} cancels it`, async (t) => {
    const caller = { user: `dev:leaves-${tool}` }
    const service = 'young'
    const leaving = new AbortController()
    const call = callTool(bridge, service, tool, {}, { caller, signal: leaving.signal })
    const asked = () => diary(service).some((line) => line.tool === tool)
    if (tool === 'streams') await events(await call).next()
    else await until(async () => asked(), WAIT_MS)
    leaving.abort()
    await call.catch(() => {})
    await until(async () => diary(service).some(({ left }) => left === tool), WAIT_MS)
    t.deepEqual(await outcomesOf(caller, 1), [[tool, 'cancelled']])
  })
}

test('who leaves while the server is asked what it knows has asked for nothing', async (t) => {
  const caller = { user: 'dev:hasty' }
  const leaving = new AbortController()
  const options = { caller, signal: leaving.signal }
  const call = callTool(bridge, 'slow', 'answers', { from: 'hasty' }, options)
  await until(async () => diary('slow').length === 1, WAIT_MS)
  leaving.abort()
  await t.throwsAsync(call)
  t.deepEqual(await outcomesOf(caller, 1), [['answers', 'cancelled']])
  t.is((await callTool(bridge, 'slow', 'answers')).status, 200)
  t.deepEqual(
    diary('slow').map(({ method }) => method),
    ['server/discover', 'tools/call'],
  )
})

for (const tool of ['hangs', 'streams']) {
  test(`whose access is ended, and whose call ${tool}, is told why; the server is left`, async (t) => {
    const caller = { ...somebody(), scopes: ['mcp', 'ruled:slow'] }
    const answer = callTool(bridge, 'ruled', tool, {}, { caller, id: 'r' })
    const seen: RpcBody[] = []
    if (tool === 'streams') {
      for await (const event of events(await answer)) {
        if (seen.push(event) === 1) await revoke('grant', caller)
      }
    } else {
      await until(async () => diary('ruled').some((line) => line.tool === tool), WAIT_MS)
      await revoke('grant', caller)
      seen.push(await json(answer))
    }
    t.like(seen.at(-1), { id: 'r', error: { code: -32000, data: { reason: 'revoked grant' } } })
    await until(async () => diary('ruled').some(({ left }) => left === tool), WAIT_MS)
    t.deepEqual(await outcomesOf(caller, 1), [[tool, 'cancelled']])
  })
}

test('a listening stream ends with its token', async (t) => {
  // The bridge gives a token that has just expired some seconds.
  const caller = { ...somebody(), expiresAt: Math.floor(Date.now() / 1000) - 20 }
  const answer = await ask(bridge, 'young', 'subscriptions/listen', {}, { caller, id: 'l' })
  const seen: RpcBody[] = []
  for await (const event of events(answer)) seen.push(event)
  t.is(seen[0]?.method, 'notifications/begun')
  t.like(seen.at(-1), { id: 'l', error: { data: { reason: 'expired' } } })
})

test('rules about tools hold: none that is refused reaches the server', async (t) => {
  const caller = { user: 'dev:ruled' }
  const secret = await callTool(bridge, 'ruled', 'secret', {}, { caller })
  t.is((await json(secret)).error?.code, -32602)
  const slow = await callTool(bridge, 'ruled', 'streams', {}, { caller })
  t.is(slow.status, 403)
  t.regex(slow.headers.get('www-authenticate') ?? '', /scope="mcp ruled:slow"/)
  t.is((await callTool(bridge, 'ruled', 'answers', {}, { caller })).status, 200)
  const reached = diary('ruled').filter(({ headers }) => headers?.['x-user-id'] === 'dev:ruled')
  t.deepEqual(
    reached.flatMap(({ tool }) => tool ?? []),
    ['answers'],
  )
  t.deepEqual(
    new Set((await outcomesOf(caller, 3)).map(String)),
    new Set(['secret,denied', 'streams,denied', 'answers,ok']),
  )
})

test('an answer that breaks off does not look complete, and counts as lost', async (t) => {
  const caller = { user: 'dev:unlucky' }
  const answer = await callTool(bridge, 'mortal', 'dies', {}, { caller })
  await t.throwsAsync(answer.text())
  t.deepEqual(await outcomesOf(caller, 1), [['dies', 'lost']])
  t.is((await callTool(bridge, 'mortal', 'answers', {}, { caller })).status, 200)
})
