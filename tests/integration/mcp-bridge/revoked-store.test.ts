/** Tokens that expire while a stream is open, and a store that is away while somebody is revoked. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Bridge, fixture } from '../../support/bridge.ts'
import { allEvents, events, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { type Seat, somebody, startRevocableBridge, untilSent } from '../../support/revocable.ts'

const services = { all: fixture('echoes.ts', { isolation: 'shared' }) }
/** Beyond `exp` the edge still allows for clocks that differ. */
const GRACE_SECONDS = 5
const STALE_MS = 2000

/** A stream whose token lapses in about two seconds, and a call with the same token that takes longer. */
async function beginBoth(bridge: Bridge, service: string, call: object) {
  const caller = somebody()
  const { id: session } = await open(bridge, service, { caller })
  const expiresAt = Math.ceil(Date.now() / 1000) + 2 - GRACE_SECONDS
  const old = { session, caller: { ...caller, expiresAt } }
  const running = json(send(bridge, service, call, { ...old, accept: 'application/json' }))
  return {
    running,
    listening: await send(bridge, service, undefined, old),
    lapsesAt: (expiresAt + GRACE_SECONDS) * 1000,
    fresh: { session, caller: { ...caller, token: 'the next' } },
  }
}

test('a listening stream ends with its token and goes on with the next, a call may finish', async (t) => {
  const { bridge } = await startRevocableBridge({ services })
  t.teardown(() => bridge.stop())
  const call = rpc('later', { ms: 6000 })
  const { running, listening, lapsesAt, fresh } = await beginBoth(bridge, 'all', call)
  t.deepEqual(await allEvents(listening), [])
  t.true(Date.now() >= lapsesAt)
  // Said while nobody listens: the next stream has it.
  const saying = { ...fresh, accept: 'application/json' }
  await json(send(bridge, 'all', rpc('notify', { n: 'kept' }), saying))
  const again = await send(bridge, 'all', undefined, fresh)
  for await (const { params } of events(again)) if (params?.['n'] === 'kept') break
  t.truthy((await running).result, 'the call has finished')
})

test('so it is in front of a server that speaks HTTP itself', async (t) => {
  const { bridge } = await startRevocableBridge({})
  t.teardown(() => bridge.stop())
  const call = rpc('tools/call', { name: 'wait', arguments: { seconds: 6, steps: 1 } })
  const { running, listening, lapsesAt, fresh } = await beginBoth(bridge, 'echo', call)
  t.deepEqual(await allEvents(listening), [])
  t.true(Date.now() >= lapsesAt)
  const again = await send(bridge, 'echo', undefined, fresh)
  t.is(again.status, 200)
  await again.body?.cancel()
  t.truthy((await running).result, 'the call has finished')
})

test('while the store is away nothing ends; who was revoked meanwhile loses it when it is back', async (t) => {
  const { bridge, begin, revoke } = await startRevocableBridge({
    services,
    // Else what everybody shares would end with its lease.
    environment: { MCP_BRIDGE_LEASE_MS: '60000' },
  })
  t.teardown(() => bridge.stop())
  const take = async (): Promise<Seat> => {
    const caller = somebody()
    return { service: 'all', caller, session: (await open(bridge, 'all', { caller })).id }
  }
  const [ann, bob] = await Promise.all([take(), take()])
  const ended: string[] = []
  const running = [ann, bob].map(async (seat) => {
    const { user } = seat.caller
    const answer = await json(send(bridge, 'all', rpc('never', { of: user }), seat))
    ended.push(user)
    return answer
  })
  const listening = await send(bridge, 'all', undefined, ann)
  for (const { caller } of [ann, bob]) {
    await untilSent(bridge, bob, 'asked', ({ params }: RpcBody) => params?.['of'] === caller.user)
  }
  await bridge.valkey.kill()
  await sleep(STALE_MS + 1500)
  t.deepEqual(ended, [])
  t.is((await send(bridge, 'all', rpc('echo'), ann)).status, 200, 'and it serves')
  await bridge.valkey.restart()
  await begin()
  await revoke('grant', ann.caller)
  const [answer] = await Promise.all([running[0], allEvents(listening)])
  t.deepEqual(answer?.error?.data, { reason: 'revoked grant' })
  t.deepEqual(ended, [ann.caller.user])
})

test('a bridge that was frozen while somebody was revoked ends what they have when it goes on', async (t) => {
  const { bridge, revoke } = await startRevocableBridge({ services })
  t.teardown(() => bridge.stop())
  const caller = somebody()
  const { id: session } = await open(bridge, 'all', { caller })
  const seat = { service: 'all', session, caller }
  const running = json(send(bridge, 'all', rpc('never', { of: 'frozen' }), seat))
  await untilSent(bridge, seat, 'asked', ({ params }) => params?.['of'] === 'frozen')
  bridge.process.kill('SIGSTOP')
  await revoke('user', caller)
  await sleep(STALE_MS + 1000)
  bridge.process.kill('SIGCONT')
  t.deepEqual((await running).error?.data, { reason: 'revoked user' })
})
