import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { WAITING_PER_USER_MAX } from '../../../../mcp-bridge/limits.ts'
import {
  type Applicant,
  type Full,
  Places,
  type PlacesOptions,
} from '../../../../mcp-bridge/runner/places.ts'

const NEVER_MS = 2 ** 31 - 1

function of(userId: string | undefined, service = 'svc', perService = 10): Applicant {
  return { service, userId, perService }
}

function world(options: Partial<PlacesOptions> = {}) {
  const asked: Full[] = []
  const giveWay = (full: Full): void => void asked.push(full)
  return { asked, places: new Places({ giveWay, max: 2, waitMs: NEVER_MS, ...options }) }
}

/** Which of them have got their place, as they get it. */
function enter(places: Places, got: string[], name: string, applicant: Applicant): void {
  void places.take(applicant).then(
    () => got.push(name),
    () => got.push(`${name} refused`),
  )
}

test('whoever finds no place waits for one, and gets the next', async (t) => {
  const { places, asked } = world()
  const first = await places.take(of('ann'))
  await places.take(of('ann'))
  const got: string[] = []
  enter(places, got, 'ben', of('ben'))
  await turn()
  t.deepEqual([got, asked, places.waiting, places.waits], [[], ['all'], 1, 1])
  first.release()
  first.release()
  await turn()
  t.deepEqual([got, places.waiting], [['ben'], 0])
  t.is(places.tryTake(of('cid')), undefined, 'what was given back twice counts once')
})

test('persons take turns, however many of one wait', async (t) => {
  const { places } = world({ max: 1 })
  let held = await places.take(of('zoe'))
  const got: string[] = []
  const enterHeld = (name: string): void => {
    void places.take(of(name)).then((place) => {
      got.push(name)
      held = place
    })
  }
  for (const name of ['ann', 'ann', 'ann', 'ben']) enterHeld(name)
  for (let n = 0; n < 4; n += 1) {
    held.release()
    await turn()
  }
  t.deepEqual(got, ['ann', 'ben', 'ann', 'ann'])
})

test('one person’s share of a service is no matter of others, nor of other services', async (t) => {
  const { places, asked } = world({ max: 10 })
  await places.take(of('ann', 'svc', 1))
  const got: string[] = []
  enter(places, got, 'again', of('ann', 'svc', 1))
  enter(places, got, 'other service', of('ann', 'other', 1))
  enter(places, got, 'ben', of('ben', 'svc', 1))
  await turn()
  t.deepEqual([got, asked], [['other service', 'ben'], ['service']])
})

test('who waited in vain is told what is full and what to do', async (t) => {
  // Who waits for a place keeps no process alive: here nothing else would.
  const alive = setInterval(() => {}, NEVER_MS)
  t.teardown(() => clearInterval(alive))
  const { places } = world({ max: 3, perUserMax: 2, waitMs: 1 })
  await places.take(of('ann', 'svc', 1))
  const refusal = (applicant: Applicant) =>
    t.throwsAsync(places.take(applicant), { instanceOf: RpcFault })
  const ofService = await refusal(of('ann', 'svc', 1))
  t.is(ofService?.status, 429)
  t.regex(ofService?.message ?? '', /1 servers of the service svc running: .*DELETE/)
  t.truthy(ofService?.options.headers?.['retry-after'])
  await places.take(of('ann', 'other'))
  t.is((await refusal(of('ann', 'third')))?.status, 429)
  await places.take(of('ben'))
  t.is((await refusal(of('cid')))?.status, 503)
  t.is(places.waiting, 0)
})

test('nobody fills the queue alone', async (t) => {
  const { places } = world({ max: 1 })
  await places.take(of('zoe'))
  const got: string[] = []
  for (let n = 0; n < WAITING_PER_USER_MAX; n += 1) enter(places, got, 'ann', of('ann'))
  await t.throwsAsync(places.take(of('ann')), { instanceOf: RpcFault })
  enter(places, got, 'ben', of('ben'))
  await turn()
  t.deepEqual([got, places.waiting], [[], WAITING_PER_USER_MAX + 1])
})

test('whoever has gone waits no longer', async (t) => {
  const { places } = world({ max: 1 })
  const held = await places.take(of('zoe'))
  const leaving = new AbortController()
  const left = t.throwsAsync(places.take(of('ann'), leaving.signal))
  const gone = t.throwsAsync(places.take(of('ann'), AbortSignal.abort()))
  leaving.abort()
  await Promise.all([left, gone])
  t.is(places.waiting, 0)
  held.release()
  t.not(places.tryTake(of('ben')), undefined)
})

test('what becomes unused while somebody waits is asked for', async (t) => {
  const { places, asked } = world({ max: 1 })
  await places.take(of('zoe'))
  enter(places, [], 'ann', of('ann'))
  places.askAgain()
  t.deepEqual(asked, ['all', 'all'])
})

test('what gives way at once makes room at once', async (t) => {
  const places: Places = new Places({ giveWay: () => held.release(), max: 1, waitMs: NEVER_MS })
  const held = await places.take(of('zoe'))
  await t.notThrowsAsync(places.take(of('ann')))
})
