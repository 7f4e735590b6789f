import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { startTarget } from '../../support/forward-proxy.ts'
import { until } from '../../support/gateway-process.ts'

const ROOT = join(import.meta.dirname, '../../..')
const GUARD = join(ROOT, 'services/guard/main.ts')
const EGRESS = join(ROOT, 'services/egress/main.ts')
const READY_MS_MAX = 20_000
const HEALTH = join(ROOT, 'services/egress/health.ts')

const folder = mkdtempSync(join(tmpdir(), 'egress-'))
const target = await startTarget()
test.after.always(() => {
  target.stop()
  rmSync(folder, { recursive: true })
})

type Variables = Readonly<Record<string, string>>

function start(t: ExecutionContext, args: readonly string[], variables: Variables = {}) {
  const env = { PATH: process.env['PATH'] ?? '', ...variables }
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  t.teardown(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  return { child, ended, output: text(child.stdout), errors: text(child.stderr) }
}

const guard = (t: ExecutionContext, program: readonly string[], variables?: Variables) =>
  start(t, [GUARD, '--', ...program], variables)

const allowed = { EGRESS_ALLOW: `127.0.0.1:${target.port}` }
/** Asks by the proxy that the guard names, as any program that heeds it. */
const ASK = `require('http').get(process.argv[1], (answer) => {
  process.stdout.write(answer.statusCode + ' ')
  answer.pipe(process.stdout)
})`
const asking = (url: string) => [process.execPath, '-e', ASK, url]

async function untilReady(child: ChildProcess): Promise<void> {
  let seen = ''
  child.stdout?.on('data', (chunk) => {
    seen += chunk
  })
  await until(() => seen.includes('ready'), READY_MS_MAX)
}

test('input, output, arguments and exit code are the program’s', async (t) => {
  const script = 'read line; echo "$line $1 $2"; exit 7'
  const { child, ended, output } = guard(t, ['sh', '-c', script, 'sh', '{proxy}', 'x'])
  child.stdin?.end('hello\n')
  t.deepEqual(await ended, [7, null])
  t.regex(await output, /^hello http:\/\/127\.0\.0\.1:\d+ x\n$/)
})

test('a program that heeds the proxy is refused this machine, and told why', async (t) => {
  const { output, errors } = guard(t, asking(`http://127.0.0.1:${target.port}/refused`))
  t.regex(await output, /^403 No connection to 127\.0\.0\.1:\d+\. .*not on the public internet/)
  t.regex(await errors, /^guard: No connection to 127\.0\.0\.1:\d+\./m)
  t.false(target.seen.some(({ url }) => url === '/refused'))
})

test('what the operator allows is reached', async (t) => {
  const { output } = guard(t, asking(`http://127.0.0.1:${target.port}/allowed`), allowed)
  t.is(await output, '200 answer to /allowed')
})

test('a list that cannot be read stops the start', async (t) => {
  const { ended, errors } = guard(t, ['true'], { EGRESS_ALLOW: 'http://10.0.0.1/' })
  t.deepEqual(await ended, [1, null])
  t.regex(await errors, /EGRESS_ALLOW must list hosts, addresses or CIDR ranges/)
})

test('a program that does not exist is named', async (t) => {
  const { ended, errors } = guard(t, ['no-such-program'])
  t.deepEqual(await ended, [1, null])
  t.regex(await errors, /^guard: .*no-such-program/)
})

test('a missing browser is told with what to do', async (t) => {
  const { errors } = guard(t, ['true', '{chromium}'], { CHROMIUM_BIN: '/nowhere/chromium' })
  t.regex(await errors, /CHROMIUM_BIN names \/nowhere\/chromium, which is no program: correct it/)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} goes to the program, whose end is the guard’s`, async (t) => {
    const script = `trap 'echo caught; exit 3' ${signal.slice(3)}; echo up; while :; do sleep 0.05; done`
    const { child, ended, output } = guard(t, ['sh', '-c', script])
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.kill(signal)
    t.deepEqual(await ended, [3, null])
    t.regex(await output, /caught/)
  })
}

test('a program that dies of a signal: so does the guard', async (t) => {
  const { ended } = guard(t, ['sh', '-c', 'kill -KILL $$'])
  t.deepEqual(await ended, [null, 'SIGKILL'])
})

test('without a network the way out is a socket, where the other end judges', async (t) => {
  const EGRESS_SOCKET = join(folder, 'egress.sock')
  const egress = start(t, [EGRESS], { EGRESS_SOCKET, ...allowed })
  await untilReady(egress.child)
  t.deepEqual(await start(t, [HEALTH, EGRESS_SOCKET]).ended, [0, null])
  const ask = (url: string) => guard(t, asking(url), { EGRESS_SOCKET, EGRESS_ALLOW: '0.0.0.0/0' })
  const open = ask(`http://127.0.0.1:${target.port}/by-socket`)
  t.is(await open.output, '200 answer to /by-socket')
  const closed = ask('http://127.0.0.1:1/?token=secret')
  t.regex(await closed.output, /^403 No connection to 127\.0\.0\.1:1\./)
  egress.child.kill()
  t.deepEqual(await egress.ended, [0, null])
  const lines = await egress.output
  t.regex(lines, /"destination":"127\.0\.0\.1:1","reason":"destination_ip_prohibited"/)
  t.notRegex(lines, /secret/)
})

test('a way out that does not answer is 503, and its health is bad', async (t) => {
  const EGRESS_SOCKET = join(folder, 'nobody.sock')
  const { output } = guard(t, asking('http://example.com/'), { EGRESS_SOCKET })
  t.regex(await output, /^503 The way out of this container does not answer/)
  t.deepEqual(await start(t, [HEALTH, EGRESS_SOCKET]).ended, [1, null])
})
