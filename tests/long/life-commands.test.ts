/** The commands that change what runs, beside one gateway whose people stay logged in. */

import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { EXIT_CODE } from '../../cli/cli-error.ts'
import type { GatewayStatus } from '../../cli/instance/status.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayCommand } from '../support/gateway-command.ts'
import { until } from '../support/gateway-process.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { createVisitor } from '../support/visitor.ts'

const WAIT_MS = 20_000
const folder = mkdtempSync(join(tmpdir(), 'life-'))
const file = join(folder, 'gateway.yaml')
const envFile = join(folder, '.env')
writeFileSync(file, '# mine\nmcpServers:\n  filesystem: { enabled: false } # not here\n')
const gateway = await startGateway({ folder, environment: { EXT_AUTHZ_PROCESSES: '2' } })
const command = createGatewayCommand(folder, { GATEWAY_PORT: String(gateway.port) })
const endpoint = `${gateway.url}/echo/mcp`
const { provider, close } = await connect(endpoint, createVisitor('ann'))
await close()
const grant = provider.saved?.refresh_token

test.after.always(() => gateway.remove())

const status = (): Promise<GatewayStatus> => command.json<GatewayStatus>(['status'])
const pidsOf = async (room: string): Promise<(number | null)[]> =>
  (await status()).parts.filter(({ name }) => name.startsWith(room)).map(({ pid }) => pid)
const answerOf = async (service: string): Promise<number> => {
  const answer = await fetch(`${gateway.url}/${service}/mcp`)
  await answer.body?.cancel()
  return answer.status
}
async function whoami(): Promise<string> {
  const { client } = await connect(endpoint, createVisitor('nobody'), { provider })
  try {
    return await callText(client, 'whoami')
  } finally {
    await client.close()
  }
}

test.serial('a service is switched off and on while everything runs', async (t) => {
  t.is(await answerOf('memory'), 401)
  const off = await command.json<object>(['services', 'disable', 'memory'])
  t.like(off, { name: 'memory', enabled: false, written: file, gateway: 'served' })
  await until(async () => (await answerOf('memory')) === 404, WAIT_MS)
  t.regex(
    readFileSync(file, 'utf8'),
    /^# mine\nmcpServers:\n {2}filesystem: .*# not here\n {2}memory:/,
  )
  const again = await command(['services', 'disable', 'memory'])
  t.regex(again.stdout, /memory is off already/)

  const on = await command(['services', 'enable', 'memory'])
  t.is(on.exitCode, 0, on.stderr)
  t.true(on.stdout.includes(`memory  ${gateway.url}/memory/mcp`))
  await until(async () => (await answerOf('memory')) === 401, WAIT_MS)
  const nobody = await command(['services', 'enable', 'nobody'])
  t.is(nobody.exitCode, EXIT_CODE.usage)
})

test.serial('where a variable says it, the variable is what changes', async (t) => {
  const MCP_MEMORY_ENABLED = 'true'
  const shell = await command(['services', 'disable', 'memory'], {
    environment: { MCP_MEMORY_ENABLED },
  })
  t.is(shell.exitCode, EXIT_CODE.usage)
  t.regex(shell.stderr, /set in this shell[\s\S]*unset MCP_MEMORY_ENABLED/)

  const before = readFileSync(file, 'utf8')
  writeFileSync(envFile, '# keys\nMCP_MEMORY_ENABLED=true\n')
  const told = await command(['services', 'disable', 'memory'])
  t.is(told.exitCode, 0, told.stderr)
  t.regex(told.stdout, /is off in .*\.env\.\nIt takes effect with: gateway restart\n/)
  t.is(readFileSync(envFile, 'utf8'), '# keys\nMCP_MEMORY_ENABLED=false\n')
  t.is(readFileSync(file, 'utf8'), before)
  t.is(await answerOf('memory'), 401, 'until then it is served')
})

test.serial('Envoy’s pages are found and read', async (t) => {
  const told = await command.json<{ url: string }>(['envoy'])
  t.is(told.url, `http://127.0.0.1:${gateway.adminPort}/`)
  t.regex((await command(['envoy', 'clusters'])).stdout, /^ext_authz.*::/m)
  const { stats } = await command.json<{ stats: { name: string }[] }>([
    ...['envoy', 'stats', '--filter', '^server.uptime$'],
  ])
  t.deepEqual(
    stats.map(({ name }) => name),
    ['server.uptime'],
  )
  const unknown = await command(['envoy', 'quitquitquit'])
  t.is(unknown.exitCode, EXIT_CODE.usage)
})

test.serial('a part is restarted process by process, and requests go on', async (t) => {
  const before = await pidsOf('ext-authz')
  t.is(before.length, 2)
  let isOver = false
  const answers: string[] = []
  const asking = (async () => {
    while (!isOver) answers.push(await whoami())
  })()
  const { restarted } = await command.json<{ restarted: { name: string }[] }>([
    'restart',
    'ext-authz',
  ])
  isOver = true
  await asking
  t.deepEqual(
    restarted.map(({ name }) => name),
    ['ext-authz-1', 'ext-authz-2'],
  )
  t.true(
    answers.every((answer) => answer.includes('dev:ann')),
    answers.join('\n'),
  )
  const after = await status()
  const parts = after.parts.filter(({ name }) => name.startsWith('ext-authz'))
  t.true(parts.every(({ pid, state }) => state === 'ready' && !before.includes(pid)))
  t.deepEqual(
    parts.map(({ restarts }) => restarts),
    [0, 0],
    'nobody has died',
  )
  const unknown = await command(['restart', 'ext'])
  t.is(unknown.exitCode, EXIT_CODE.usage)
  t.regex(unknown.stderr, /There is no part "ext"[\s\S]*oauth-server/)
})

test.serial('one process of a part, and the only one of another', async (t) => {
  const [first, second] = await pidsOf('ext-authz')
  t.is((await command(['restart', 'ext-authz-2'])).exitCode, 0)
  const [same, other] = await pidsOf('ext-authz')
  t.is(same, first)
  t.not(other, second)
  for (const part of ['valkey', 'envoy']) {
    const { exitCode, stderr } = await command(['restart', part])
    t.is(exitCode, 0, stderr)
    t.regex(await whoami(), /dev:ann/, `after ${part}`)
  }
})

test.serial(
  'everything is restarted, with what the files say now, and nobody logs in again',
  async (t) => {
    const before = await status()
    writeFileSync(file, 'providers: { okta: { issuer: nowhere } }\n')
    const refused = await command(['restart'])
    t.is(refused.exitCode, EXIT_CODE.failed)
    t.regex(refused.stderr, /okta[\s\S]*what runs goes on/)
    t.is((await status()).since, before.since)

    writeFileSync(file, '{}\n')
    const envBefore = readFileSync(envFile, 'utf8')
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    writeFileSync(envFile, `${envBefore}GATEWAY_TLS=true\nGATEWAY_HTTP_PORT=${port}\n`)
    const kept = await command(['restart'])
    t.is(kept.exitCode, EXIT_CODE.failed, kept.stdout)
    t.regex(kept.stderr, /\(GATEWAY_HTTP_PORT\) is in use by process[\s\S]*what runs goes on/)
    t.is((await status()).since, before.since)
    other.close()
    writeFileSync(envFile, envBefore)

    const { exitCode, stderr } = await command(['restart'])
    t.is(exitCode, 0, stderr)
    const after = await status()
    t.is(after.pid, before.pid, 'it is the same process, for whoever started it')
    t.not(after.since, before.since)
    t.true(after.ready)
    const pids = new Set(before.parts.map(({ pid }) => pid))
    t.false(after.parts.some(({ pid }) => pids.has(pid)))
    t.true(after.switched_off.includes('memory'), '.env says so')
    t.regex(await whoami(), /dev:ann/)
    t.is(provider.saved?.refresh_token, grant, 'nobody had to log in or refresh again')
    t.is(gateway.output().match(/^ready /gm)?.length, 2)
  },
)

test.serial('a rebuild says what was there, and restarts what runs', async (t) => {
  const before = await status()
  const { exitCode, stdout, stderr } = await command(['rebuild'])
  t.is(exitCode, 0, stderr)
  t.is(stdout, `Everything that is wanted was there already.\nrestarted ${gateway.url}\n`)
  t.not((await status()).since, before.since)
  t.regex(await whoami(), /dev:ann/)
  const images = await command(['rebuild', 'envoy'])
  t.is(images.exitCode, EXIT_CODE.usage)
  t.regex(images.stderr, /Only containers are built one by one/)
})

test.serial('whether there is a newer release is told beside what runs', async (t) => {
  const told = await command.json<Record<string, unknown>>(['upgrade', '--check'])
  t.is(told['running'], told['version'])
  t.deepEqual(told['store'], { written: 1, known: 1 })
  t.deepEqual(told['pending'], [])
  t.is((await command(['upgrade'])).exitCode, EXIT_CODE.usage)
})
