/** A native server in a runner program: started there, reached by its socket, ended and replaced with it. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { startBridge } from '../../support/bridge.ts'
import { initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import { type RunnerProgram, startRunner } from '../../support/runner.ts'

const RUNNER = join(import.meta.dirname, '../../../mcp-bridge/runner')
/** For our own images, and for those of the operator's own, which may have no Perl. */
const HEALTH = {
  perl: ['perl', join(RUNNER, 'health.pl')],
  node: [process.execPath, join(RUNNER, 'health/main.ts')],
} as const

const echoed = async (bridge: Parameters<typeof open>[0], message: string): Promise<unknown> => {
  const { id } = await open(bridge, 'echo')
  const call = rpc('tools/call', { name: 'echo', arguments: { message } })
  const { result } = await json(send(bridge, 'echo', call, { session: id }))
  return result?.['content']
}

const socketsOf = ({ socket }: Pick<RunnerProgram, 'socket'>): string[] =>
  readdirSync(dirname(socket)).filter((file) => file.startsWith('n-'))

async function health(
  [command, program]: readonly [string, string],
  socket: string,
): Promise<{ code: number | null; said: string }> {
  const child = spawn(command, [program], { env: { ...process.env, MCP_RUNNER_SOCKET: socket } })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

test('it serves sessions, listens beside the runner, and is there again after a death of the runner', async (t) => {
  // The runner finds Node where it is, not where the bridge has it.
  const environment = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  const bridge = await startBridge({ withRunner: true, services: { echo: {} }, environment })
  t.teardown(() => bridge.stop())
  const { runner } = bridge
  if (runner === undefined) throw new Error('no runner')
  t.deepEqual(await echoed(bridge, 'one'), [{ type: 'text', text: 'one' }])
  const [socket = ''] = socketsOf(runner)
  t.is(statSync(join(dirname(runner.socket), socket)).mode & 0o777, 0o600)

  await runner.end('SIGKILL')
  const refused = await send(bridge, 'echo', initializeBody())
  t.is(refused.status, 503, await refused.text())
  t.truthy(refused.headers.get('retry-after'))

  const second = await runner.again()
  t.teardown(() => second.end('SIGTERM'))
  t.false(socketsOf(second).includes(socket), 'what the killed one left is gone')
  t.deepEqual(await echoed(bridge, 'two'), [{ type: 'text', text: 'two' }])
})

for (const [name, check] of Object.entries(HEALTH)) {
  const isThere = spawnSync(check[0], ['-v']).error === undefined
  const run = isThere ? test : test.skip
  const lack = isThere ? '' : ` (skipped: needs ${name})`
  run(
    `the health check in ${name} is content with a runner that answers, and tells what is wrong with others${lack}`,
    async (t) => {
      const runner = await startRunner()
      t.teardown(() => runner.stop())
      t.deepEqual(await health(check, runner.socket), { code: 0, said: '' })
      t.notRegex(runner.printed.log, /a bridge has come/)
      await runner.end('SIGKILL')
      const dead = await health(check, runner.socket)
      t.not(dead.code, 0)
      t.regex(dead.said, /cannot be reached/)
    },
  )
}

test('a socket for a bridge in another container is open to its group, and to nobody else', async (t) => {
  const runner = await startRunner({ environment: { MCP_RUNNER_GROUP: 'true' } })
  t.teardown(() => runner.stop())
  t.is(statSync(runner.socket).mode & 0o777, 0o660)
})

test('only sockets of native servers are removed at the start', async (t) => {
  const runner = await startRunner()
  t.teardown(() => runner.stop())
  const folder = dirname(runner.socket)
  for (const name of ['n-x-y.sock', 'other.sock']) writeFileSync(join(folder, name), '')
  await runner.end('SIGTERM')
  await runner.again()
  t.deepEqual(readdirSync(folder).sort(), ['other.sock', 'r.sock'])
})
