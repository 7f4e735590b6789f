/** Processes of the whole gateway come and go while people log in, refresh and call. */

import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { isServing } from '../../cli/instance/status.ts'
import { type Load, startLoad } from '../support/constant-load.ts'
import { nobodyNotices } from '../support/fault-trials.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins, type Tokens } from '../support/gateway-logins.ts'
import { partsOf, partsServing } from '../support/gateway-parts.ts'
import { verifiesAlone } from '../support/verifies.ts'

const gateway = await startGateway({
  asShipped: true,
  environment: { RATE_LIMIT_FACTOR: '0', LOG_LEVEL: 'warn' },
})
const logins = createGatewayLogins(gateway.url)
const registered = await logins.client.register()
test.after.always(() => gateway.remove())

/** What a process was asked when it was killed is lost, and what Envoy had not yet noticed. */
const NOTICED_MS = 200

const ofRoom = (room: string) => (name: string) => name.startsWith(`${room}-`)

/** People who refresh again and again: on a failure with the very token they have, as clients do. */
function startRefreshing(held: Tokens[]) {
  let isEnding = false
  let refreshes = 0
  const refused: string[] = []
  const refresh = async (index: number): Promise<void> => {
    while (!isEnding) {
      const fields = logins.refreshing(registered, held[index] ?? {})
      const answer = await logins.client.token(fields).catch(() => undefined)
      if (answer?.status === 200) {
        held[index] = answer.json()
        refreshes += 1
      } else if (answer !== undefined && answer.status !== 503) {
        refused.push(`${answer.status} ${answer.text}`)
        return
      }
      await sleep(50)
    }
  }
  const all = Promise.all(held.map((_tokens, index) => refresh(index)))
  return {
    async end() {
      isEnding = true
      await all
      return { refreshes, refused }
    },
  }
}

/** People who log in one after the other: whom a fault has interrupted begins once more. */
function startLoggingIn() {
  let isEnding = false
  const done: Tokens[] = []
  let interrupted = 0
  const run = async (): Promise<void> => {
    while (!isEnding) {
      await logins.login(registered).then(
        (tokens) => done.push(tokens),
        async () => {
          interrupted += 1
          await sleep(500)
        },
      )
      await sleep(20)
    }
  }
  const running = run()
  return {
    async end() {
      isEnding = true
      await running
      return { done, interrupted }
    },
  }
}

interface World {
  readonly load: Load
  readonly held: Tokens[]
}

/** Everything at once: pages and keys are read, people log in, refresh, and call. */
async function underLoad(t: ExecutionContext, happen: (world: World) => Promise<void>) {
  t.timeout(150_000)
  await partsServing(gateway, () => true)
  const held = await Promise.all([1, 2, 3].map(() => logins.login(registered)))
  const caller = await logins.login(registered)
  const load = startLoad({
    port: gateway.port,
    everyMs: 40,
    questions: {
      metadata: { method: 'GET', path: '/.well-known/oauth-authorization-server' },
      keys: { method: 'GET', path: '/jwks' },
      missing: { path: '/echo/mcp' },
      call: {
        method: 'DELETE',
        path: '/echo/mcp',
        headers: { authorization: `Bearer ${String(caller['access_token'])}` },
      },
    },
  })
  const refreshing = startRefreshing(held)
  const loggingIn = startLoggingIn()
  await happen({ load, held })
  await load.stop()
  const [{ refreshes, refused }, { done, interrupted }] = [
    await refreshing.end(),
    await loggingIn.end(),
  ]
  t.deepEqual(refused, [], 'no refresh token is lost')
  t.true(refreshes > 5 && done.length > 2, `${refreshes} refreshes, ${done.length} logins`)
  t.true(interrupted <= 6, `${interrupted} logins were interrupted`)
  const met = (kind: string): Set<number> => new Set(load.of(kind).map(({ status }) => status))
  t.false(
    [401, 403].some((status) => met('call').has(status)),
    'a good token is never called bad',
  )
  const isTold = load.answers.some(
    ({ headers }) => 'x-envoy-immediate-health-check-fail' in headers,
  )
  t.false(isTold, 'what the rooms tell the edge is not for callers')
  t.true([...met('missing')].every((status) => status === 401 || status === 503))
  for (const tokens of [...held, ...done.slice(-3)]) {
    t.false([401, 403, 503].includes(await logins.call(tokens)), 'every login still counts')
  }
}

async function eachInTurn(
  t: ExecutionContext,
  room: string,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  await underLoad(t, async ({ load }) => {
    for (const { name } of await partsServing(gateway, ofRoom(room))) {
      await nobodyNotices(t, load, async () => {
        const [part] = await partsServing(gateway, (one) => one === name)
        process.kill(part?.pid ?? 0, signal)
        const goneAt = performance.now()
        await partsServing(gateway, (one) => one === name, part?.pid)
        await load.until('keys', ({ status }) => status === 200)
        return signal === 'SIGKILL' ? goneAt + NOTICED_MS : undefined
      })
    }
  })
}

verifiesAlone('fault-authorization-server-ended', (t) => eachInTurn(t, 'oauth-server', 'SIGTERM'))

verifiesAlone('fault-authorization-server-killed', (t) => eachInTurn(t, 'oauth-server', 'SIGKILL'))

verifiesAlone('fault-decider-of-the-gateway-killed', (t) => eachInTurn(t, 'ext-authz', 'SIGKILL'))

verifiesAlone('fault-store-of-the-gateway-killed', async (t) => {
  await underLoad(t, async ({ load }) => {
    const [valkey] = await partsServing(gateway, (name) => name === 'valkey')
    process.kill(valkey?.pid ?? 0, 'SIGKILL')
    await partsServing(gateway, (name) => name === 'valkey', valkey?.pid)
    await load.until('keys', ({ status }) => status === 200)
    await load.until('missing', ({ status }) => status === 401)
  })
  t.true((await partsOf(gateway)).every(isServing))
})
