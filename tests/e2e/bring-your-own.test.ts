/** Servers are added, imported and taken out by the command line while the gateway runs, and people use them at once. */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { parse } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { serveFirst } from '../support/remote-servers.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { createVisitor } from '../support/visitor.ts'

const ROOT = join(import.meta.dirname, '../..')
const FIXTURES = join(ROOT, 'tests/fixtures')
const WAIT_MS = 15_000

const folder = mkdtempSync(join(tmpdir(), 'own-'))
const bin = join(folder, 'bin')
const file = join(folder, 'gateway.yaml')
const PATH = `${bin}${delimiter}${process.env['PATH']}`
mkdirSync(bin)
// npm and npx as they behave towards us, in the place of a registry.
program('npm', `case "$*" in *" version") echo '"1.4.2"';; *) echo '{"offers": "x.js"}';; esac`)
program(
  'npx',
  `echo fetching >&2; [ "$2" = offers-mcp@1.4.2 ] || exit 9; exec node ${FIXTURES}/offers-tools.ts`,
)

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
}

writeFileSync(file, '# mine\nmcpServers:\n  memory: { enabled: false } # not here\n')
chmodSync(file, 0o640)
const gateway = await startGateway({ folder, environment: { PATH } })
test.after.always(() => gateway.remove())

interface Told {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(...args: readonly string[]): Promise<Told> {
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    cwd: folder,
    env: { ...process.env, PATH, GATEWAY_STATE_DIR: undefined, GATEWAY_PORT: String(gateway.port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exitCode: await exit, stdout, stderr }
}

const endpointOf = (service: string): string => `${gateway.url}/${service}/mcp`
const statusOf = async (service: string): Promise<number> => {
  const answer = await fetch(endpointOf(service))
  await answer.body?.cancel()
  return answer.status
}

test.serial('a package: tried, written, served, used', async (t) => {
  const looked = await run('add', 'npm:offers-mcp', '--dry-run')
  t.is(looked.exitCode, 0, looked.stderr)
  t.regex(looked.stdout, /offers works: fixture 1, 9 tools[\s\S]*Nothing was written/)
  const unasked = await run('add', 'npm:offers-mcp')
  t.is(unasked.exitCode, 2)
  t.regex(unasked.stderr, /nobody to ask[\s\S]*--yes/)
  t.false(readFileSync(file, 'utf8').includes('offers'))

  const { exitCode, stdout, stderr } = await run('add', 'npm:offers-mcp', '--yes')
  t.is(exitCode, 0, stderr)
  t.true(stdout.includes(`claude mcp add --transport http offers ${endpointOf('offers')}`))
  const written = readFileSync(file, 'utf8')
  t.true(written.startsWith('# mine\nmcpServers:\n  memory: { enabled: false } # not here\n'))
  t.deepEqual(parse(written).mcpServers.offers, {
    command: 'npx',
    args: ['-y', 'offers-mcp@1.4.2'],
  })
  t.is(statSync(file).mode & 0o777, 0o640)
  await until(async () => (await statusOf('offers')) === 401, WAIT_MS)
  const { client } = await connect(endpointOf('offers'), createVisitor('ann'))
  t.teardown(() => client.close())
  t.is(await callText(client, 'read'), 'done')
})

test.serial('what is there already, and what does not work, changes nothing', async (t) => {
  const before = readFileSync(file, 'utf8')
  const again = await run('add', 'npm:offers-mcp', '--yes')
  t.is(again.exitCode, 2)
  t.regex(again.stderr, /has a service offers already[\s\S]*--replace/)
  const shipped = await run('add', 'npm:offers-mcp', '--name', 'everything', '--yes')
  t.regex(shipped.stderr, /MCP_EVERYTHING_ENABLED=true/)
  const broken = await run('add', 'npm:other-mcp', '--yes')
  t.is(broken.exitCode, 1)
  t.regex(broken.stderr, /other did not work[\s\S]*fetching[\s\S]*--no-try/)
  const nowhere = await run('add', 'http://127.0.0.1:1/mcp', '--name', 'nowhere', '--yes')
  t.is(nowhere.exitCode, 1)
  t.is(readFileSync(file, 'utf8'), before)
})

test.serial('an address: asked, written, used', async (t) => {
  const remote = await serveFirst()
  t.teardown(() => remote.stop())
  const args = ['add', remote.url, '--name', 'away', '--header', 'X-Mode: fast', '--yes', '--json']
  const { exitCode, stdout, stderr } = await run(...args)
  t.is(exitCode, 0, stderr)
  t.like(JSON.parse(stdout), { name: 'away', written: true, gateway: 'served' })
  t.true(remote.seen.some(({ headers }) => headers['x-mode'] === 'fast'))
  await until(async () => (await statusOf('away')) === 401, WAIT_MS)
  const { client } = await connect(endpointOf('away'), createVisitor('ann'))
  t.teardown(() => client.close())
  t.true((await client.listTools()).tools.length > 0)
})

test.serial(
  'a client’s file: secrets move, what fails stays away, the rest is served',
  async (t) => {
    const theirs = join(folder, 'mcp.json')
    const own = { command: 'node', args: [join(FIXTURES, 'offers-tools.ts')] }
    const servers = {
      'My Own': { ...own, env: { API_KEY: 'canary-secret' } },
      broken: { command: 'no-such-program' },
      echo: { url: endpointOf('echo') },
    }
    writeFileSync(theirs, `{ // of a client\n "servers": ${JSON.stringify(servers)} }`)
    const { exitCode, stdout, stderr } = await run('import', 'mcp.json', '--yes')
    t.is(exitCode, 1, 'one of them does not work')
    t.regex(stderr, /1 of them did not work/)
    t.regex(stdout, /my-own works: 9 tools[\s\S]*broken is left out[\s\S]*ENOENT/)
    t.regex(stdout, /echo is left out:\s+it is a service of this gateway/)
    t.regex(stdout, /Secrets are handed out at a start: .*MY_OWN_API_KEY/)
    t.false(`${stdout}${stderr}${readFileSync(file, 'utf8')}`.includes('canary-secret'))
    const env = join(folder, '.env')
    t.is(readFileSync(env, 'utf8'), 'MY_OWN_API_KEY=canary-secret\n')
    t.is(statSync(env).mode & 0o777, 0o600)
    t.is(
      parse(readFileSync(file, 'utf8')).mcpServers['my-own'].env.API_KEY,
      '${secret.MY_OWN_API_KEY}',
    )
    await until(async () => (await statusOf('my-own')) === 401, WAIT_MS)
  },
)

test.serial('what takes the place of another is told only once it is in force', async (t) => {
  const words = ['--replace', '--description', 'another', '--yes', '--json']
  const { exitCode, stdout, stderr } = await run('add', 'npm:offers-mcp', ...words)
  t.is(exitCode, 0, stderr)
  t.is(JSON.parse(stdout).gateway, 'served')
  const { configuration } = JSON.parse((await run('status', '--json')).stdout)
  t.is(configuration.sha256, createHash('sha256').update(readFileSync(file)).digest('hex'))
})

test.serial('what is taken out is gone, and the rest of the file stays', async (t) => {
  const { exitCode, stdout } = await run('remove', 'offers')
  t.is(exitCode, 0)
  t.regex(stdout, /offers is not in .*gateway\.yaml any more/)
  await until(async () => (await statusOf('offers')) === 404, WAIT_MS)
  t.true(readFileSync(file, 'utf8').startsWith('# mine\nmcpServers:\n  memory: { enabled: false }'))
  const unknown = await run('remove', 'offers')
  t.is(unknown.exitCode, 1)
  t.regex(unknown.stderr, /has no service offers/)
})
