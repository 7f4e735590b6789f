/** What was passed on to a bridge that dies, freezes or does not keep up: nothing is done twice, no session is lost. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Bridge, fixture, PATIENT_LEASE_MS, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { json, open, rpc, send } from '../../support/mcp.ts'
import { ask, callTool } from '../../support/stateless.ts'

const ANSWERED_AFTER_MS = 1500

interface Pair {
  readonly one: Bridge
  readonly two: Bridge
  /** Methods that the server was asked, in order. */
  asked(): string[]
}

/** Of a person's process, which belongs to the first. */
async function startPair(t: ExecutionContext, leaseMs: string): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), 'unanswered-'))
  const file = join(folder, 'asked')
  writeFileSync(file, '')
  const args = [join(import.meta.dirname, '../../fixtures/pays.ts'), file, `${ANSWERED_AFTER_MS}`]
  const services = { pays: fixture('pays.ts', { args, isolation: 'user' }) }
  const environment = { MCP_BRIDGE_LEASE_MS: leaseMs }
  const one = await startBridge({ services, environment })
  const two = await one.beside('two')
  t.teardown(async () => {
    await two.end('SIGKILL')
    one.process.kill('SIGCONT')
    await one.stop()
    rmSync(folder, { recursive: true })
  })
  const asked = (): string[] => readFileSync(file, 'utf8').trim().split('\n')
  return { one, two, asked }
}

const pay = (bridge: Bridge) => callTool(bridge, 'pays', 'pay')
const count = (methods: readonly string[], method: string): number =>
  methods.filter((one) => one === method).length

for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  test(`a call that was passed on is not made again after ${signal} of its bridge`, async (t) => {
    const { one, two, asked } = await startPair(t, '2000')
    t.is((await pay(one)).status, 200)
    const paying = pay(two)
    await until(() => count(asked(), 'tools/call') === 2, 5000)
    one.process.kill(signal)
    const answer = await paying
    t.is(answer.status, 502)
    t.regex((await json(answer)).error?.message ?? '', /service pays: .*may have been carried out/)
    t.is((await pay(two)).status, 200, 'the next one is made here')
    t.is(count(asked(), 'tools/call'), 3)
  })
}

test('what only reads is asked again', async (t) => {
  const { one, two, asked } = await startPair(t, '2000')
  t.is((await pay(one)).status, 200)
  const listing = ask(two, 'pays', 'tools/list')
  await until(() => asked().includes('tools/list'), 5000)
  one.process.kill('SIGKILL')
  t.deepEqual((await json(listing)).result?.['tools'], [])
  t.is(count(asked(), 'tools/list'), 2)
})

test('a call of a session is told that it may have been carried out, and the session that it has ended', async (t) => {
  const { one, two, asked } = await startPair(t, PATIENT_LEASE_MS)
  const { id: session } = await open(one, 'pays')
  // A stream would have begun by then, and is cut.
  const options = { session, accept: 'application/json' }
  const calling = send(two, 'pays', rpc('tools/call', { name: 'pay' }), options)
  await until(() => asked().includes('tools/call'), 5000)
  const listing = send(two, 'pays', rpc('tools/list'), options)
  await until(() => asked().includes('tools/list'), 5000)
  one.process.kill('SIGKILL')
  const answer = await calling
  t.is(answer.status, 502)
  t.regex((await json(answer)).error?.message ?? '', /may have been carried out/)
  t.is((await listing).status, 404)
  t.is((await send(two, 'pays', undefined, { session })).status, 404)
})

test('a bridge that does not keep up keeps its sessions', async (t) => {
  const { one, two } = await startPair(t, PATIENT_LEASE_MS)
  const opening = Array.from({ length: 7 }, () => open(one, 'pays'))
  const sessions = (await Promise.all(opening)).map(({ id }) => id)
  one.process.kill('SIGSTOP')
  const statuses: number[] = []
  const asking = Array.from({ length: 700 }, async (_, id) => {
    const session = sessions[id % sessions.length]
    const response = await send(two, 'pays', rpc('ping', {}, id), { session })
    statuses.push(response.status)
    return response.headers.get('retry-after')
  })
  // More than can wait to be taken.
  await until(() => statuses.length > 0, 5000)
  await sleep(200)
  t.deepEqual([...new Set(statuses)], [503])
  one.process.kill('SIGCONT')
  const retryAfter = await Promise.all(asking)
  t.true(retryAfter.includes('1'))
  t.deepEqual([...new Set(statuses)].sort(), [200, 503])
  for (const session of sessions) {
    t.is((await send(two, 'pays', rpc('ping'), { session })).status, 200)
  }
})
