/** Servers on trial, as real processes: what they get, what they say, and that nothing of them is left. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { toCandidate } from '../../../cli/servers/add-server.ts'
import { tryService } from '../../../cli/servers/try-service.ts'
import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import { until } from '../../support/gateway-process.ts'
import { serveHttp, serveSecond, serveSse } from '../../support/remote-servers.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures')
const ENVIRONMENT = { PATH: process.env['PATH'], HOME: '/nowhere', GATEWAY_SECRET: 'canary' }

function attempt(definition: ServiceDefinition, environment: object = {}) {
  const service = toCandidate({ name: 'one', definition, path: '/tmp/gateway.yaml' })
  return tryService(service, { ...ENVIRONMENT, ...environment })
}

const fixture = (name: string, ...args: string[]): ServiceDefinition => ({
  command: process.execPath,
  args: [join(FIXTURES, name), ...args],
})

/** Processes whose command line has this word. */
function running(word: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word)
    } catch {
      return false
    }
  }).length
}

test('all pages of its tools are listed', async (t) => {
  const { server, tools } = await attempt(fixture('offers-tools.ts'))
  t.deepEqual(server, { name: 'fixture', version: '1' })
  t.is(tools.length, 9)
})

test('one that does not want to end is ended, with what its launcher has started', async (t) => {
  const word = `trial-${process.pid}`
  const launched = `${process.execPath} ${join(FIXTURES, 'never-exits.ts')} ${word}; true`
  // It knows no tools, so it fails; but first it runs.
  const trial = t.throwsAsync(attempt({ command: 'sh', args: ['-c', launched] }))
  await until(() => running(word) === 2, 5000)
  await trial
  await until(() => running(word) === 0, 5000)
  t.pass()
})

test('it gets what a launch would give it, and nothing of the gateway’s', async (t) => {
  const print = 'echo $HOME $OWN $FOLDER >&2; env >&2; exit 3'
  const env = { OWN: '${secret.MINE}', FOLDER: '${data}/${user.id}' }
  const failing = attempt({ command: 'sh', args: ['-c', print], env }, { MINE: 'given' })
  const { message } = (await t.throwsAsync(failing)) ?? { message: '' }
  t.regex(message, /one did not work[\s\S]*\/nowhere given \S+gateway-trial-\S+\/ua{26}/)
  t.false(message.includes('canary'))
})

test('a secret that is not set is named before anything starts', async (t) => {
  const failing = attempt({ command: 'no-such-program', env: { OWN: '${secret.MINE}' } })
  await t.throwsAsync(failing, { message: 'one needs MINE, which is not set.' })
})

test('a program that is not there, and a server that steers terminals', async (t) => {
  await t.throwsAsync(attempt({ command: 'no-such-program' }), { message: /ENOENT/ })
  const odd = attempt({ command: 'sh', args: ['-c', 'printf "\\033[2Jwords" >&2; exit 1'] })
  await t.throwsAsync(odd, { message: /\\x1b\[2Jwords/ })
})

test('one that wants a login of its own is told as such', async (t) => {
  const closed = await serveHttp((_, response) => void response.writeHead(401).end())
  t.teardown(() => closed.stop())
  await t.throwsAsync(attempt({ url: closed.url }), { message: /wants a login of its own/ })
})

test('why a remote server cannot be reached is told', async (t) => {
  const gone = await serveHttp(() => undefined)
  await gone.stop()
  await t.throwsAsync(attempt({ url: gone.url }), { message: /did not work: .*\(ECONNREFUSED\)/ })
})

test('remote servers of both transports', async (t) => {
  const [newer, older] = await Promise.all([serveSecond(), serveSse()])
  t.teardown(() => Promise.all([newer.stop(), older.stop()]))
  for (const { url } of [newer, older]) t.true((await attempt({ url })).tools.length > 0, url)
})
