/** The logins of the command line: one refresh for many processes, whatever becomes of them. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { withLock } from '../../../cli/mcp/store/lock.ts'
import { isFresh } from '../../../cli/mcp/store/login.ts'
import { openLoginStore } from '../../../cli/mcp/store/login-store.ts'
import { createCommandLine } from '../../support/command-line.ts'
import { until } from '../../support/gateway-process.ts'
import { startRotatingServer, writeExpiredLogin } from '../../support/rotating-server.ts'

const URL_ = 'https://mcp.example.com/mcp'
const WAIT_MS = 30_000

async function makeWorld(t: ExecutionContext) {
  const line = createCommandLine()
  const server = await startRotatingServer()
  t.teardown(async () => {
    line.remove()
    await server.stop()
  })
  await writeExpiredLogin(line.home, URL_, server.issuer)
  return { line, server, stored: () => openLoginStore({ HOME: line.home }, URL_).read() }
}

test('six processes at once refresh once, and have the same token', async (t) => {
  const { line, server, stored } = await makeWorld(t)
  const runs = await Promise.all(Array.from({ length: 6 }, () => line.run(['token', URL_])))
  t.deepEqual(
    runs.map(({ stdout, exitCode }) => [stdout, exitCode]),
    Array.from({ length: 6 }, () => ['access-1\n', 0]),
  )
  t.deepEqual(server.asked, ['refresh-0'])
  t.like(stored()?.tokens, { refresh_token: 'refresh-1', scope: 'mcp' })
})

test('a process that is killed while it refreshes holds up nobody, and loses nothing', async (t) => {
  const { line, server } = await makeWorld(t)
  server.next = 'never'
  const killed = line.start(['token', URL_])
  const isAsked = until(() => server.asked.length > 0, WAIT_MS)
  // One that ends by itself says why.
  const ended = await Promise.race([isAsked, killed.finished])
  t.is(ended, undefined)
  const next = line.start(['token', URL_])
  killed.child.kill('SIGKILL')
  t.is((await next.finished).stdout, 'access-1\n')
  t.deepEqual(server.asked, ['refresh-0', 'refresh-0'])
})

test('a server in trouble is no reason to forget a login; one that has ended is forgotten', async (t) => {
  const { line, server, stored } = await makeWorld(t)
  server.next = 'status 503'
  const troubled = await line.run(['token', URL_])
  t.is(troubled.exitCode, 1)
  t.is(stored()?.tokens?.refresh_token, 'refresh-0')
  server.next = 'invalid_grant'
  const ended = await line.run(['token', URL_])
  t.is(ended.exitCode, 1)
  t.regex(ended.stderr, /wants a login\.\n→ gateway login/)
  t.is(stored()?.tokens, undefined)
})

test('files are of this account alone, and one that is damaged is told', async (t) => {
  const { line } = await makeWorld(t)
  const folder = join(line.home, '.local/state/mcp-oauth-gateway/logins')
  t.is(statSync(folder).mode & 0o777, 0o700)
  const names = readdirSync(folder)
  for (const name of names) t.is(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  const [file = ''] = names.filter((name) => name.endsWith('.json'))
  writeFileSync(join(folder, file), readFileSync(join(folder, file), 'utf8').slice(0, 100))
  const { exitCode, stderr } = await line.run(['token', URL_])
  t.is(exitCode, 1)
  t.regex(stderr, /holds no login that this version understands[\s\S]+remove it/)
})

test('a lock is had by one at a time, and is free again after an error', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'l')
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await sleep(20)
    inside -= 1
  }
  await Promise.all([1, 2, 3, 4].map(() => withLock(path, work)))
  t.is(most, 1)
  await t.throwsAsync(
    withLock(path, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  let waits = 0
  const held = withLock(path, () => sleep(500))
  await sleep(50)
  const onWait = (): void => {
    waits += 1
  }
  await t.throwsAsync(withLock(path, work, { patienceMs: 100, onWait }), {
    message: /Another process holds/,
  })
  t.is(waits, 1)
  await held
})

test('a token counts as ended a little before it ends', (t) => {
  const tokens = { access_token: 'a', token_type: 'Bearer', obtained_at: 1000, expires_in: 3600 }
  t.true(isFresh(tokens, 1000_000 + 3_569_000))
  t.false(isFresh(tokens, 1000_000 + 3_571_000))
  const short = { ...tokens, expires_in: 10 }
  t.true(isFresh(short, 1_008_900))
  t.false(isFresh(short, 1_009_100))
  const { expires_in: _, ...untold } = tokens
  t.true(isFresh(untold, 9e12))
})

test('a token that was obtained when the clock was ahead is renewed, where it can be', (t) => {
  const alone = { access_token: 'a', token_type: 'Bearer', obtained_at: 100_000, expires_in: 3600 }
  const tokens = { ...alone, refresh_token: 'r' }
  t.true(isFresh(tokens, 99_990_000), 'clocks are set by a few seconds all the time')
  t.false(isFresh(tokens, 13_600_000))
  t.true(isFresh(alone, 13_600_000))
})
