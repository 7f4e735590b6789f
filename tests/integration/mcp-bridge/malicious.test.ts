/** Children that mean harm, or are broken beyond use: their own session suffers, nobody else's. */

import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { json, open, rpc, send } from '../../support/mcp.ts'
import { memoryOf } from '../../support/process-figures.ts'

const FILE = join(import.meta.dirname, '../../fixtures/misbehaves.ts')
const MIB = 1024 * 1024

const FLOODS = ['notifies', 'whispers', 'babbles', 'rambles', 'complains']
const habits = [
  ...FLOODS,
  ...['freezes', 'closes-output', 'closes-input', 'answers-twice', 'joins-answers'],
  ...['last-words', 'leaves-daemon', 'leaves-many', 'descriptors'],
]
const misbehaving = habits.map((habit) => [
  habit,
  { command: process.execPath, args: [FILE, habit] },
])
const services = { good: fixture('echoes.ts'), ...Object.fromEntries(misbehaving) }
const bridge = await startBridge({ services, environment: { LOG_LEVEL: 'info' } })
test.after.always(() => bridge.stop())

const EVE = { user: 'dev:eve', grant: '2-grant' }

async function openAs(habit: string): Promise<string> {
  return (await open(bridge, habit, { caller: EVE })).id
}

const call = (habit: string, session: string) =>
  json(send(bridge, habit, rpc('go'), { session, caller: EVE, accept: 'application/json' }))

async function leave(t: ExecutionContext, habit: string, session: string): Promise<void> {
  await send(bridge, habit, undefined, { session, caller: EVE, method: 'DELETE' })
  const left = (): string[] =>
    bridge.children().filter((one) => one.includes(`misbehaves.ts ${habit}`))
  for (let attempt = 0; attempt < 100 && left().length > 0; attempt += 1) await sleep(50)
  t.deepEqual(left(), [])
}

const CALLS = 20

/** The bridge's memory at most, while others make their calls. */
async function watch(good: string): Promise<number> {
  let mostBytes = 0
  for (let count = 0; count < CALLS; count += 1) {
    const signal = AbortSignal.timeout(10_000)
    const answer = await json(send(bridge, 'good', rpc('echo'), { session: good, signal }))
    if (answer.error !== undefined) throw new Error(answer.error.message)
    mostBytes = Math.max(mostBytes, memoryOf(bridge.process.pid))
    await sleep(50)
  }
  return mostBytes
}

for (const habit of FLOODS) {
  test.serial(`one that ${habit} costs others no answer, and the bridge no memory`, async (t) => {
    const good = await open(bridge, 'good')
    const bad = await openAs(habit)
    const linesBefore = bridge.log.length
    const bytesBefore = memoryOf(bridge.process.pid)
    const flooding = call(habit, bad)
    const mostBytes = await watch(good.id).finally(() => leave(t, habit, bad))
    const moreBytes = mostBytes - bytesBefore
    t.true(moreBytes < 250 * MIB, `${moreBytes / MIB} MiB more`)
    t.true(bridge.log.length - linesBefore < 100, 'the log is not flooded')
    t.not((await flooding).error, undefined, 'its own call is told')
  })
}

test('one that freezes is ended with its session', async (t) => {
  const session = await openAs('freezes')
  const frozen = call('freezes', session)
  await sleep(200)
  await leave(t, 'freezes', session)
  t.is((await frozen).error?.code, -32603)
})

for (const habit of ['closes-output', 'closes-input']) {
  test(`one that ${habit} and lives on is ended`, async (t) => {
    const session = await openAs(habit)
    const first = await call(habit, session)
    const second = habit === 'closes-input' ? await call(habit, session) : first
    t.not(second.error, undefined)
    await leave(t, habit, session)
  })
}

test('a second answer, and answers to nobody, are nobody’s', async (t) => {
  const session = await openAs('answers-twice')
  for (const _ of [1, 2, 3]) {
    t.deepEqual((await call('answers-twice', session)).result, { first: true })
  }
  await leave(t, 'answers-twice', session)
})

test('messages that come together are told apart', async (t) => {
  const session = await openAs('joins-answers')
  for (const _ of [1, 2]) {
    t.deepEqual((await call('joins-answers', session)).result, { joined: true })
  }
  await leave(t, 'joins-answers', session)
})

test('an answer written in the last moment arrives', async (t) => {
  for (const _ of [1, 2]) {
    const session = await openAs('last-words')
    t.deepEqual((await call('last-words', session)).result, { last: true })
  }
})

test('what it wrote last on stderr stands in the log with its end, and not much more', async (t) => {
  await call('last-words', await openAs('last-words'))
  const said = (): string => {
    const line = bridge.log.find(
      ({ msg, service, stderr }) =>
        stderr !== undefined && service === 'last-words' && /without being asked/.test(`${msg}`),
    )
    return String(line?.['stderr'])
  }
  for (let attempt = 0; attempt < 100 && said() === 'undefined'; attempt += 1) await sleep(50)
  t.regex(said(), /\nno space left\n$/)
  t.true(said().length <= 4096)
})

test.serial('a daemon that holds the pipes open does not hold its caller', async (t) => {
  const session = await openAs('leaves-daemon')
  t.regex((await call('leaves-daemon', session)).error?.message ?? '', /ended before it answered/)
  await leave(t, 'leaves-daemon', session)
})

test.serial('nothing is left of what was forked twice', async (t) => {
  const session = await openAs('leaves-many')
  await call('leaves-many', session)
  const daemons = (): string[] => bridge.children().filter((one) => one.includes('trap'))
  // What is just being forked is called as its parent until it is another program.
  let count = daemons().length
  for (let attempt = 0; attempt < 100 && count !== 10; attempt += 1) {
    await sleep(50)
    count = daemons().length
  }
  t.is(count, 10)
  await leave(t, 'leaves-many', session)
  for (let attempt = 0; attempt < 100 && daemons().length > 0; attempt += 1) await sleep(50)
  t.deepEqual(daemons(), [])
})

test('a child has its three pipes and no other descriptor of ours', async (t) => {
  const session = await openAs('descriptors')
  const { result } = await call('descriptors', session)
  const links = new Map(result?.['links'] as [string, string][])
  const ours = new Set(ownDescriptors())
  const inherited = [...links].filter(([number, target]) => Number(number) > 2 && ours.has(target))
  t.deepEqual(inherited, [])
  for (const number of ['0', '1', '2']) t.regex(links.get(number) ?? '', /^(?:socket|pipe):/)
  await leave(t, 'descriptors', session)
})

/** Sockets and pipes of the bridge that it has opened itself. */
function ownDescriptors(): string[] {
  const before = new Set(descriptorsOf('self'))
  return descriptorsOf(bridge.process.pid).filter((target) => !before.has(target))
}

/** What has a number of its own. */
function descriptorsOf(process: number | string | undefined): string[] {
  const folder = `/proc/${process}/fd`
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      const target = readlinkSync(join(folder, descriptor))
      return /\[\d+\]$/.test(target) ? [target] : []
    } catch {
      // Closed meanwhile.
      return []
    }
  })
}
