import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import { HeldLeases, type HeldLeasesOptions } from '../../../mcp-bridge/held-leases.ts'
import { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import { OwnedElsewhere } from '../../../mcp-bridge/leases.ts'
import type { Claim, Claimed, LeaseRecord } from '../../../mcp-bridge/store/leases.ts'

const log = createLog('test', 'error').child({}, { level: 'silent' })
const SUBJECT = { service: 'memory', user: 'dev:ann' }
/** Long enough for a machine that stalls. */
const TERM = 4000

/** A store of which each test says how it answers. */
class Store {
  readonly claims: Claim[] = []
  readonly released: LeaseRecord[] = []
  answer: (claim: Claim) => Claimed | Promise<Claimed> = () => this.taken()
  renewal: (held: readonly LeaseRecord[]) => boolean[] | Promise<boolean[]> = (held) =>
    held.map(() => true)
  #fence = 0

  taken(): Claimed {
    this.#fence += 1
    return { kind: 'taken', fence: this.#fence }
  }

  async take(claim: Claim): Promise<Claimed> {
    this.claims.push(claim)
    return await this.answer(claim)
  }

  async renew(held: readonly LeaseRecord[]): Promise<boolean[]> {
    return await this.renewal(held)
  }

  async release(held: LeaseRecord): Promise<void> {
    this.released.push({ key: held.key, fence: held.fence })
    await Promise.resolve()
  }
}

function world(options: Partial<HeldLeasesOptions> = {}) {
  const store = new Store()
  const holds: number[] = []
  const leases = new HeldLeases({
    records: store,
    termMs: TERM,
    holdChildren: (withinMs) => void holds.push(withinMs),
    predecessor: undefined,
    isGone: () => Promise.resolve(false),
    log,
    ...options,
  })
  return { store, holds, leases }
}

/** The timers of the product let the process end: here somebody waits. */
async function aborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(20)
}

test('what several ask for at once is claimed once, and given back by the last', async (t) => {
  const { store, leases } = world()
  const all = await Promise.all([1, 2, 3].map(() => leases.take(SUBJECT)))
  t.is(store.claims.length, 1)
  t.is(new Set(all.map(({ fence }) => fence)).size, 1)
  const [first, second, third] = all
  await first?.release()
  await first?.release()
  await second?.release()
  t.deepEqual(store.released, [])
  await third?.release()
  t.is(store.released.length, 1)
})

test('after it was given back it is claimed anew', async (t) => {
  const { store, leases } = world()
  const lease = await leases.take(SUBJECT)
  await lease.release()
  t.not((await leases.take(SUBJECT)).fence, lease.fence)
  t.is(store.claims.length, 2)
})

test('another bridge’s is named, at once', async (t) => {
  const { store, leases } = world()
  store.answer = () => ({ kind: 'held', instance: 'two.x' })
  const error = await t.throwsAsync(leases.take(SUBJECT), { instanceOf: OwnedElsewhere })
  t.is(error?.instance, 'two.x')
  store.answer = () => store.taken()
  await leases.take(SUBJECT)
})

test('a store that does not tell is a 503', async (t) => {
  const { store, leases } = world()
  store.answer = () => Promise.reject(new Error('away'))
  const fault = await t.throwsAsync(leases.take(SUBJECT), { instanceOf: RpcFault })
  t.is(fault?.status, 503)
  t.truthy(fault?.options.headers?.['retry-after'])
})

test('what nobody gets yet is waited for, within a bound', async (t) => {
  const { store, leases } = world({ termMs: 600 })
  let asked = 0
  store.answer = () => {
    asked += 1
    return asked > 2 ? store.taken() : { kind: 'wait' }
  }
  await leases.take(SUBJECT)
  store.answer = () => ({ kind: 'wait' })
  const fault = await t.throwsAsync(leases.take({ service: 'other', user: undefined }))
  t.is((fault as RpcFault).status, 503)
})

test('what a predecessor left passes on when nothing of it is left', async (t) => {
  let isLeft = true
  const { store, leases } = world({
    predecessor: 'one.x',
    isGone: (service) => {
      t.is(service, 'memory')
      return Promise.resolve(!isLeft)
    },
  })
  store.answer = ({ heirOf }) =>
    heirOf === 'one.x' ? store.taken() : { kind: 'held', instance: 'one.x' }
  const taking = leases.take(SUBJECT)
  await sleep(600)
  t.true(store.claims.length > 1)
  t.true(store.claims.every(({ heirOf }) => heirOf === undefined))
  isLeft = false
  await taking
  t.is(store.claims.at(-1)?.heirOf, 'one.x')
})

test('a lease that is not there at its renewal is lost', async (t) => {
  const { store, leases, holds } = world({ termMs: 1000 })
  const lease = await leases.take(SUBJECT)
  const other = await leases.take({ service: 'other', user: undefined })
  store.renewal = (held) => held.map(({ fence }) => fence !== lease.fence)
  await aborted(lease.lost)
  t.false(other.lost.aborted)
  // Not before nothing runs any more under the one that was lost.
  const claimed = store.claims.length
  const again = leases.take(SUBJECT)
  await sleep(400)
  t.is(store.claims.length, claimed)
  await lease.release()
  t.not((await again).fence, lease.fence)
  t.true(holds.every((withinMs) => withinMs >= 0 && withinMs <= 850))
})

test('without renewals it is lost before its end, and the children end before it too', async (t) => {
  const { store, leases, holds } = world()
  const start = performance.now()
  const lease = await leases.take(SUBJECT)
  store.renewal = () => Promise.reject(new Error('away'))
  await aborted(lease.lost)
  t.true(performance.now() - start >= TERM / 2)
  t.true(performance.now() - start < TERM)
  t.true(holds.every((withinMs) => withinMs < TERM * 0.9))
  t.true((holds.at(-1) ?? TERM) < TERM / 2, 'what was said last still counts from the renewal')
  await lease.release()
  t.is(holds.at(-1), Number.POSITIVE_INFINITY)
})

test('a renewal counts from when it was sent', async (t) => {
  const { store, leases, holds } = world({ termMs: 2000 })
  const lease = await leases.take(SUBJECT)
  store.renewal = async (held) => {
    await sleep(600)
    return held.map(() => true)
  }
  await sleep(1200)
  t.false(lease.lost.aborted)
  // Timers may be a little early.
  t.true((holds.at(-1) ?? 0) <= 2000 * 0.85 - 590)
  await lease.release()
})

test('nothing is renewed while nothing is held', async (t) => {
  const { store, leases, holds } = world({ termMs: 500 })
  let renewals = 0
  store.renewal = (held) => {
    renewals += 1
    return held.map(() => true)
  }
  const lease = await leases.take(SUBJECT)
  await lease.release()
  t.is(holds.at(-1), Number.POSITIVE_INFINITY)
  await sleep(400)
  t.is(renewals, 0)
})

test('whose name was taken loses everything', async (t) => {
  const { leases } = world()
  const all = await Promise.all(
    ['a', 'b'].map((service) => leases.take({ service, user: undefined })),
  )
  leases.loseAll()
  t.true(all.every(({ lost }) => lost.aborted))
})

test('at the end all are given back, those that were lost as well', async (t) => {
  const { store, leases } = world()
  await leases.take(SUBJECT)
  leases.loseAll()
  await leases.take({ service: 'other', user: undefined })
  await leases.stop()
  t.is(store.released.length, 2)
})
