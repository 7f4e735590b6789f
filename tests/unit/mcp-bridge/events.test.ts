import test from 'ava'
import {
  budgetOf,
  type EventBudget,
  EventLog,
  LISTENING,
  type StreamEvent,
} from '../../../mcp-bridge/events.ts'
import { RpcFault } from '../../../mcp-bridge/json-rpc.ts'
import {
  ANSWERS_LOST_MAX,
  EVENTS_BYTES_MAX,
  EVENTS_BYTES_PER_USER_MAX,
  EVENTS_SHARE_BYTES,
  EVENTS_TOTAL_BYTES_MAX,
} from '../../../mcp-bridge/limits.ts'

function setUp(budget: EventBudget = { bytes: 0 }, own?: EventBudget) {
  const places = new Map<number, number>()
  const log = new EventLog(budget, undefined, own)
  const add = (stream: number, bytes = 0, answers?: number): string => {
    const place = (places.get(stream) ?? 0) + 1
    places.set(stream, place)
    const json = JSON.stringify({ stream, place, text: 'x'.repeat(bytes) })
    return log.append({ stream, place, json, answers })
  }
  return { log, budget, add }
}

const placesOf = (events: readonly StreamEvent[]) => events.map(({ place }) => place)

test('an id tells the stream and the place, and what follows it in that stream is there', (t) => {
  const { log, add } = setUp()
  const ids = [add(1), add(2), add(1), add(LISTENING), add(1)]
  t.is(new Set(ids).size, 5)
  t.deepEqual(log.placeOf(ids[2] ?? '').place, 2)
  t.deepEqual(placesOf(log.after(log.placeOf(ids[0] ?? ''))), [2, 3])
  t.deepEqual(placesOf(log.after({ stream: 2, place: 0 })), [1])
  t.deepEqual(placesOf(log.after({ stream: 2, place: 1 })), [])
  t.true(log.after({ stream: 1, place: 0 }).every(({ stream }) => stream === 1))
})

for (const [title, id] of [
  ['of another session', setUp().add(1)],
  ['that is no id', 'nonsense'],
  ['with too many places', 'abcdefgh.1.99999999999'],
  ['with a place that is none', 'abcdefgh.1.-1'],
] as const) {
  test(`an id ${title} is refused in words`, (t) => {
    const fault = t.throws(() => setUp().log.placeOf(id), { instanceOf: RpcFault })
    t.is(fault?.status, 400)
    t.regex(fault?.message ?? '', /Last-Event-ID/)
  })
}

test('the oldest events go when there are too many, and the count is right', (t) => {
  const { log, add, budget } = setUp()
  const tenth = EVENTS_BYTES_MAX / 10
  for (let n = 0; n < 25; n += 1) add(n % 2, tenth)
  const kept = [...log.after({ stream: 0, place: 0 }), ...log.after({ stream: 1, place: 0 })]
  t.is(kept.length, 9)
  t.deepEqual(placesOf(log.after({ stream: 0, place: 0 })), [9, 10, 11, 12, 13])
  t.true(budget.bytes <= EVENTS_BYTES_MAX && budget.bytes > 9 * tenth)
  log.close()
  t.is(budget.bytes, 0)
  add(1, 10)
  t.is(budget.bytes, 0)
  t.deepEqual(log.after({ stream: 1, place: 0 }), [])
})

test('an answer that was dropped is told as an error, once for each, and not for ever', (t) => {
  const { log, add } = setUp()
  add(1, EVENTS_BYTES_MAX / 2, 7)
  add(2, EVENTS_BYTES_MAX / 2)
  add(2, EVENTS_BYTES_MAX / 2)
  const [told] = log.after({ stream: 1, place: 0 })
  const { id, error } = JSON.parse(told?.json ?? '{}') as { id: number; error: { message: string } }
  t.is(id, 7)
  t.regex(error.message, /ask again/)
  t.deepEqual(log.after({ stream: 1, place: 1 }), [], 'whoever has had it is not told')
  for (let n = 0; n <= ANSWERS_LOST_MAX; n += 1) add(3, EVENTS_BYTES_MAX - 1000, n)
  t.is(log.after({ stream: 3, place: 0 }).length, ANSWERS_LOST_MAX + 1)
  t.deepEqual(log.after({ stream: 1, place: 0 }), [])
})

test('one that is larger than all is kept beside the others, until the next such', (t) => {
  const { log, add, budget } = setUp()
  add(1, 10)
  add(1, 3 * EVENTS_BYTES_MAX, 1)
  add(1, 10)
  for (let n = 0; n < 20; n += 1) add(2, EVENTS_BYTES_MAX / 5)
  t.deepEqual(placesOf(log.after({ stream: 1, place: 0 })), [2], 'in its order')
  t.true(budget.bytes > 3 * EVENTS_BYTES_MAX && budget.bytes < 4.1 * EVENTS_BYTES_MAX)
  add(2, 2 * EVENTS_BYTES_MAX, 2)
  t.regex(log.after({ stream: 1, place: 0 })[0]?.json ?? '', /ask again/)
  t.true(budget.bytes < 3.1 * EVENTS_BYTES_MAX)
  log.close()
  t.is(budget.bytes, 0)
})

test('where others keep all that may be kept, each still keeps a little', (t) => {
  const { log, add } = setUp({ bytes: EVENTS_TOTAL_BYTES_MAX })
  for (let n = 0; n < 100; n += 1) add(1, 1000)
  const { length } = log.after({ stream: 1, place: 0 })
  t.true(length > 40 && length * 1000 < EVENTS_SHARE_BYTES)
  add(1, 2 * EVENTS_BYTES_MAX, 5)
  t.regex(log.after({ stream: 1, place: 100 })[0]?.json ?? '', /ask again/)
})

test('what all sessions of a person keep is bounded, and nobody else keeps less', (t) => {
  const all = { bytes: 0 }
  const byUser = new Map<string, number>()
  const begin = (user: string) => setUp(all, budgetOf(byUser, user))
  const half = EVENTS_BYTES_PER_USER_MAX / 2
  const [one, two, three, bens] = ['ann', 'ann', 'ann', 'ben'].map(begin)
  one?.add(1, half, 7)
  two?.add(1, half - 10_000, 7)
  three?.add(1, half, 7)
  bens?.add(1, half, 7)
  const kept = [one, two, three, bens].map(
    (session) => (session?.log.after({ stream: 1, place: 0 })[0]?.json.length ?? 0) > 10_000,
  )
  t.deepEqual(kept, [true, true, false, true])
  t.is(all.bytes, (byUser.get('ann') ?? 0) + (byUser.get('ben') ?? 0))
  for (const session of [one, two, three, bens]) session?.log.close()
  t.deepEqual([all.bytes, byUser.size], [0, 0])
})
