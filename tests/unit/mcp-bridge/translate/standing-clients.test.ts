/** How standing clients are started and found: in front of a real session table and servers that are the test. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../../../lib/platform/log.ts'
import { Admission } from '../../../../mcp-bridge/admission.ts'
import type { Exchange } from '../../../../mcp-bridge/exchange.ts'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { OwnedElsewhere } from '../../../../mcp-bridge/leases.ts'
import { DECLARED_CHARACTERS_MAX, SESSIONS_PER_USER_MAX } from '../../../../mcp-bridge/limits.ts'
import type { ProcessUser } from '../../../../mcp-bridge/runner/process-user.ts'
import type { ServerProcess } from '../../../../mcp-bridge/runner/server-process.ts'
import { Sessions } from '../../../../mcp-bridge/sessions.ts'
import type { StatelessRequest } from '../../../../mcp-bridge/stateless/envelope.ts'
import type { SessionRecord } from '../../../../mcp-bridge/store/sessions.ts'
import type { StandingClient } from '../../../../mcp-bridge/translate/stateless/standing-client.ts'
import {
  StandingClients,
  type StandingPorts,
} from '../../../../mcp-bridge/translate/stateless/standing-clients.ts'
import { type FakeProcess, fakeProcess } from '../../../support/fake-process.ts'
import { handSeconds } from '../../../support/standing.ts'

const IDENTITY = {
  userId: 'dev:ann',
  userName: 'ann',
  clientId: 'client',
  scopes: [],
  grantId: '1-grant',
  tokenId: 'token',
  expiresAt: 4_000_000_000,
}
const REVOKED = new RpcFault(200, 'refused', 'revoked')

function setUp() {
  const records = new Map<string, SessionRecord>()
  const lives = new Set<string>()
  const servers: FakeProcess[] = []
  const released: ServerProcess[] = []
  const fails = { open: false }
  const sessions = new Sessions<StandingClient>({
    records: {
      open: async (id, record) => {
        if (fails.open) throw new Error('the store is away')
        records.set(id, record)
      },
      find: async (id) => records.get(id),
      touch: async (id) => records.has(id),
      end: async (id) => void records.delete(id),
    },
    timeoutMs: 2 ** 30,
    instance: 'here.1',
    clock: Date.now,
    log: createLog('test', 'error'),
  })
  const runner = {
    acquire: async (_: unknown, __: unknown, user: ProcessUser) => {
      const server = fakeProcess({})
      servers.push(server)
      server.process.users.add(user)
      return server.process
    },
    release: async (process: ServerProcess, user: ProcessUser) => {
      released.push(process)
      process.leave(user)
    },
  }
  const instances = {
    own: { id: 'here.1' },
    find: async (id: string) => (lives.has(id) ? { id } : undefined),
  }
  const eras = { hasSessions: () => {} }
  const ports = { sessions, runner, eras, peers: { instances } } as unknown as StandingPorts
  const clients = new StandingClients(handSeconds().seconds, 'here.1')
  const by = (name = 'one', more: Partial<typeof IDENTITY> = {}) => {
    const identity = { ...IDENTITY, ...more }
    const admission = new Admission({ identity, cut: () => {}, onOver: () => {} }, 0)
    const exchange = { identity, admission, service: { name: 'svc' } } as unknown as Exchange
    const request = { jsonrpc: '2.0' as const, id: 1, method: 'tools/list' }
    const clientInfo = { name }
    const stateless: StatelessRequest = {
      request,
      clientInfo,
      clientCapabilities: {},
      logLevel: undefined,
    }
    const of = (clientCapabilities: Record<string, unknown> = {}) =>
      clients.of(ports, exchange, { ...stateless, clientCapabilities })
    return { exchange, admission, of }
  }
  /** Answers `initialize` of the last that was started, once it is there. */
  const begin = async (count: number): Promise<FakeProcess> => {
    for (let time = 0; time < 400 && (servers[count - 1]?.sent.length ?? 0) === 0; time += 1) {
      await sleep(5)
    }
    const server = servers[count - 1]
    if (server === undefined) throw new Error('none was started')
    server.answer({ protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} })
    return server
  }
  return { clients, sessions, records, lives, servers, released, fails, by, begin }
}

test('who asks for the same at once gets the same, whoever can do something else another', async (t) => {
  const { by, begin, servers, records } = setUp()
  const both = [by().of(), by().of()] as const
  await begin(1)
  const [one, two] = await Promise.all(both)
  t.is(one, two)
  t.is(await by().of(), one)
  t.is(servers.length, 1)
  for (const [count, other] of [
    by('two').of(),
    by('one', { userId: 'dev:ben' }).of(),
    by('one', { clientId: 'other' }).of(),
    by().of({ roots: {} }),
  ].entries()) {
    await begin(count + 2)
    t.not(await other, one)
  }
  t.is(records.size, 5)
})

test('whoever is revoked ends what was started for them alone; who waited with them is served', async (t) => {
  const { by, begin, servers, clients, released } = setUp()
  const ann = by()
  ann.admission.endBy(() => clients.abandon(ann.exchange))
  const first = ann.of()
  const second = by('one', { tokenId: 'other', grantId: '2-grant' }).of()
  while ((servers[0]?.sent.length ?? 0) === 0) await sleep(5)
  ann.admission.withdraw(REVOKED)
  await t.throwsAsync(first)
  t.deepEqual(released, [servers[0]?.process])
  await begin(2)
  t.true((await second).isOfUse)
})

test('a server that refuses the session is told of by name, and leaves nothing behind', async (t) => {
  const { by, servers, released, records, sessions } = setUp()
  for (let count = 0; count < SESSIONS_PER_USER_MAX + 1; count += 1) {
    const asked = by().of()
    while ((servers[count]?.sent.length ?? 0) === 0) await sleep(1)
    servers[count]?.refuse({ code: -32600, message: 'not with you' })
    await t.throwsAsync(asked, { message: 'the service svc: not with you' })
  }
  t.is(released.length, SESSIONS_PER_USER_MAX + 1)
  t.is(records.size, 0)
  t.notThrows(() => sessions.reserve({ user: 'dev:ann', client: 'client', service: 'svc' }))
})

test('with the store away nothing is begun that nobody could find', async (t) => {
  const { by, begin, fails, released } = setUp()
  fails.open = true
  const asked = by().of()
  await begin(1)
  const fault = (await t.throwsAsync(asked)) as RpcFault
  t.is(fault.status, 503)
  t.is(released.length, 1)
})

test('what another bridge has is asked there, while that lives', async (t) => {
  const { by, begin, records, lives, servers, clients } = setUp()
  const first = by().of()
  await begin(1)
  ;(await first).end()
  const record = { user: 'dev:ann', client: 'client', service: 'svc', revision: 'r' }
  const elsewhere = async (id: string): Promise<void> => {
    records.set(id, { ...record, instance: 'there.1' })
  }
  const id = (await first).id
  await elsewhere(id)
  lives.add('there.1')
  await t.throwsAsync(by().of(), { instanceOf: OwnedElsewhere, message: /there\.1/ })
  t.is(servers.length, 1)
  lives.delete('there.1')
  const second = by().of()
  await begin(2)
  t.is((await second).id, id)
  t.is(records.get(id)?.instance, 'here.1')
  t.not(await second, await first)
  t.is(clients.rounds.instanceOf('x.there.1'), 'there.1')
})

test('one whose process is ending is of no use: the next request waits for another', async (t) => {
  const { by, begin, servers } = setUp()
  const first = by().of()
  const server = await begin(1)
  const one = await first
  void server.process.stop({ inputEndMs: 0, terminateMs: 0 })
  const second = by().of()
  await begin(2)
  t.not(await second, one)
  t.true(one.isOver)
  servers[1]?.end()
  const third = by().of()
  await begin(3)
  t.true((await third).isOfUse)
})

test('what is declared is bounded', async (t) => {
  const { by, servers } = setUp()
  const fault = await t.throwsAsync(by().of({ x: 'x'.repeat(DECLARED_CHARACTERS_MAX) }))
  t.is((fault as RpcFault).status, 400)
  t.is(servers.length, 0)
})
