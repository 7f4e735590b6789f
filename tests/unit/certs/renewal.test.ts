import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { uncountedAttempts } from '../../../certs/attempts-file.ts'
import { makePlaceholder } from '../../../certs/making.ts'
import { type Pair, toPair } from '../../../certs/pair.ts'
import type { Served } from '../../../certs/publish.ts'
import { type AttemptsFile, type Issuer, Renewal } from '../../../certs/renewal.ts'
import { NO_ATTEMPTS } from '../../../certs/schedule.ts'
import { createLog } from '../../../lib/platform/log.ts'

async function makePair(names: readonly string[]): Promise<Pair> {
  const { certificate, key } = await makePlaceholder(names, Date.now())
  return toPair(certificate, key)
}

function world(
  t: ExecutionContext,
  issue: Issuer['issue'],
  first: readonly string[],
  {
    byOurClock = false,
    served,
    clock = Date.now,
    attempts = uncountedAttempts(),
  }: {
    byOurClock?: boolean
    served?: Pair
    clock?: () => number
    attempts?: AttemptsFile
  } = {},
) {
  const lines: string[] = []
  const published: Served[] = served === undefined ? [] : [{ pair: served, origin: 'test' }]
  let names = first
  const renewal = new Renewal({
    issuer: { origin: 'test', byOurClock, issue },
    names: () => names,
    served: () => published.at(-1),
    publish: (served) => void published.push(served),
    attempts,
    changed: () => {},
    clock,
    log: createLog('test', 'info', { write: (line) => void lines.push(line) }),
  })
  t.teardown(() => renewal.stop())
  return {
    renewal,
    published,
    lines,
    rename(next: readonly string[]): void {
      names = next
      renewal.namesChanged()
    },
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20)
}

/** Also where time stands still. */
async function untilSettled(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

test('asks once for what is due, and again when names come', async (t) => {
  const asked: (readonly string[])[] = []
  const issue = async (names: readonly string[]): Promise<Pair> => {
    asked.push(names)
    return await makePair(names)
  }
  const { renewal, published, rename } = world(t, issue, ['a.example'])
  renewal.start()
  await until(() => published.length === 1)
  await sleep(50)
  t.deepEqual(asked, [['a.example']])
  const renamedAt = performance.now()
  rename(['a.example', 'b.example'])
  rename(['a.example', 'b.example', 'c.example'])
  await until(() => published.length === 2)
  t.deepEqual(asked[1], ['a.example', 'b.example', 'c.example'], 'two changes, one certificate')
  t.true(performance.now() - renamedAt < 3000, 'nobody counts them: nobody waits')
  t.is(renewal.state.fault, undefined)
})

test('a failure is loud and publishes nothing', async (t) => {
  const { renewal, published, lines } = world(t, () => Promise.reject(new Error('no way')), ['a'])
  await renewal.settle()
  t.is(published.length, 0)
  t.is(renewal.state.fault, 'no way')
  t.true(renewal.state.nextAttemptAt > Date.now())
  t.regex(lines.join(''), /"level":"error".*"fault":"no way".*"msg":"no new certificate/)
})

test('a failure is told until its name has gone', async (t) => {
  const served = await makePair(['a.example'])
  const issue = (): Promise<Pair> => Promise.reject(new Error('no way'))
  const { renewal, rename } = world(t, issue, ['a.example', 'typo.example'], { served })
  await renewal.settle()
  t.is(renewal.state.fault, 'no way')
  rename(['a.example'])
  t.is(renewal.state.fault, undefined)
  rename(['a.example', 'typo.example'])
  t.is(renewal.state.fault, 'no way', 'and again when it is back')
})

test('one that is due for renewal when it comes is served, told, and not asked for again at once', async (t) => {
  const AHEAD_MS = 100 * 86_400_000
  let aheadMs = AHEAD_MS
  let asked = 0
  const issue = async (names: readonly string[]): Promise<Pair> => {
    asked += 1
    return await makePair(names)
  }
  const clock = (): number => Date.now() + aheadMs
  const { renewal, published, lines } = world(t, issue, ['a.example'], { clock })
  renewal.start()
  await until(() => published.length > 0)
  await sleep(200)
  t.deepEqual([asked, published.length], [1, 1])
  t.true(renewal.state.nextAttemptAt > clock() + 20_000)
  t.regex(renewal.state.fault ?? '', /^the certificate that came ends on .*: set the clock/)
  t.regex(lines.join(''), /"level":"error".*a new certificate is served, and due for renewal/)
  aheadMs = 0
  t.is(renewal.state.fault, undefined, 'the clock is right: nothing is wrong with it')
  t.true(renewal.state.nextAttemptAt > clock() + 86_400_000)
})

test('what another authority has refused keeps nobody waiting after a start', async (t) => {
  const now = Date.now()
  const refusedBy = (origin: string): AttemptsFile => ({
    read: () => ({
      ...NO_ATTEMPTS,
      ...{ asked: `${origin} a.example`, lastAt: now, failures: 1, fault: 'no way' },
      failedAt: Array.from({ length: 5 }, () => now),
    }),
    keep: (attempts) => attempts,
  })
  const issue = (names: readonly string[]): Promise<Pair> => makePair(names)
  const same = world(t, issue, ['a.example'], { attempts: refusedBy('test') })
  t.true(same.renewal.state.nextAttemptAt > now + 3_000_000)
  const other = world(t, issue, ['a.example'], { attempts: refusedBy('test2') })
  t.is(other.renewal.state.fault, undefined)
  await other.renewal.settle()
  t.is(other.published.length, 1)
})

test('what comes must be for the names', async (t) => {
  const { renewal, published } = world(t, () => makePair(['a.example']), ['a.example', 'b.example'])
  await renewal.settle()
  t.is(published.length, 0)
  t.is(renewal.state.fault, 'the certificate that came is not for b.example')
})

test('one that begins later than now is made anew where our own clock was ahead, and nowhere else', async (t) => {
  const { certificate, key } = await makePlaceholder(['a.example'], Date.now() + 2 * 86_400_000)
  const early = { served: toPair(certificate, key) }
  const issue = (): Promise<Pair> => makePair(['a.example'])
  const ours = world(t, issue, ['a.example'], { ...early, byOurClock: true })
  await ours.renewal.settle()
  t.is(ours.published.length, 2)
  t.true(ours.renewal.state.nextAttemptAt > Date.now())
  const theirs = world(t, issue, ['a.example'], early)
  await theirs.renewal.settle()
  t.is(theirs.published.length, 1)
})

test.serial('a clock that is set while it waits is noticed within a minute', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const HOUR_MS = 3_600_000
  let aheadMs = 24 * HOUR_MS
  const clock = (): number => Date.now() + aheadMs
  let isWell = false
  const asked: number[] = []
  const issue = async (names: readonly string[]): Promise<Pair> => {
    asked.push(clock())
    if (!isWell) throw new Error('no way')
    return await makePair(names)
  }
  const { renewal, published } = world(t, issue, ['a.example'], { clock })
  await renewal.settle()
  t.is(asked.length, 1)
  isWell = true
  aheadMs = 0
  mock.timers.tick(60_000)
  t.true(renewal.state.nextAttemptAt <= clock() + 60_000, 'what failed a day later than now')
  aheadMs += HOUR_MS
  mock.timers.tick(60_000)
  await untilSettled(() => published.length === 1)
  t.is(asked.length, 2)
  t.true(renewal.state.nextAttemptAt > clock() + HOUR_MS)
  aheadMs = 400 * 24 * HOUR_MS
  mock.timers.tick(60_000)
  await untilSettled(() => asked.length === 3)
  t.pass('the machine slept until it had ended')
})

test('told to end while asking, it ends and nobody failed', async (t) => {
  const issue: Issuer['issue'] = async (_names, signal) => {
    await sleep(60_000, undefined, { signal })
    throw new Error('too late')
  }
  const { renewal, lines } = world(t, issue, ['a.example'])
  renewal.start()
  await until(() => lines.some((line) => line.includes('asking for a certificate')))
  await renewal.stop()
  t.is(renewal.state.fault, undefined)
})
