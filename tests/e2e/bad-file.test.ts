/** A file that became bad while everything runs: nothing changes, whatever happens meanwhile. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { GatewayStatus } from '../../cli/instance/status.ts'
import { startGateway } from '../support/gateway.ts'
import { run, until } from '../support/gateway-process.ts'
import { createCaller, logIn, untilStatus } from '../support/steady-client.ts'

const ECHOES = join(import.meta.dirname, '../fixtures/echoes.ts')
const COMMAND = [process.execPath, join(import.meta.dirname, '../../cli/main.ts')]

const service = (name: string): string => `  ${name}: { command: node, args: ["${ECHOES}"] }\n`
const GOOD = `mcpServers:\n${service('steady')}`
const MORE = `${GOOD}${service('later')}`

test('a bad file changes nothing, says why, and keeps nothing from coming back', async (t) => {
  t.timeout(150_000)
  const gateway = await startGateway({ file: GOOD })
  t.teardown(() => gateway.remove())
  const { url: issuer, folder } = gateway
  const configure = (text: string): void => writeFileSync(join(folder, 'gateway.yaml'), text)
  const status = async (): Promise<GatewayStatus> => {
    const { stdout } = await run([...COMMAND, 'status', '--json'], folder, process.env).ended
    return JSON.parse(stdout) as GatewayStatus
  }
  const enter = async (name: string) => {
    const endpoint = `${issuer}/${name}/mcp`
    return createCaller(fetch, endpoint, await logIn(fetch, issuer, endpoint))
  }
  const ask = (name: string) => async () => (await fetch(`${issuer}/${name}/mcp`)).status

  configure(MORE)
  await untilStatus(ask('later'), 401)
  const steady = await enter('steady')
  t.is(await steady.begin(), 200)
  const stream = await steady.listen()

  configure(`${MORE}  worse: { command: node, unknown: member }\n`)
  const complaint = /the configuration is bad: what was read before stays in force .*worse.*unknown/
  await until(() => complaint.test(gateway.output()), 20_000)
  const { configuration, services, ready } = await status()
  t.regex(configuration.faults.join(), /gateway\.yaml: mcpServers\.worse: .*unknown/)
  t.true(services.some(({ name }) => name === 'later'))
  t.true(ready)
  t.is(await ask('worse')(), 404)
  t.is((await steady.call('hello')).status, 200)
  t.true(stream.isOpen())
  t.is(gateway.output().match(new RegExp(complaint, 'g'))?.length, 1, 'told once, by one')

  // Whatever dies now comes back as it was: with what is in force, not with what was there at the start.
  const later = await enter('later')
  const { parts } = await status()
  for (const { name, pid } of parts) {
    if (pid === null || name === 'valkey') continue
    process.kill(pid, 'SIGKILL')
    await until(async () => {
      const now = (await status()).parts.find((part) => part.name === name)
      return now?.state === 'ready' && now.pid !== pid
    }, 30_000)
    await untilStatus(() => later.begin().catch(() => 0), 200)
    t.is((await later.call('hello')).body.result?.['method'], 'hello', `after ${name} was killed`)
  }

  configure(`${MORE}${service('cured')}`)
  await untilStatus(ask('cured'), 401)
  t.deepEqual((await status()).configuration.faults, [])

  // Another start is not taken in by what was good once.
  configure('mcpServers: [')
  t.is(await gateway.stop(), 0)
  await t.throwsAsync(startGateway({ again: gateway }), { message: /gateway\.yaml/ })
})
