import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { missingCommands } from '../../../cli/embedded/packages/missing-commands.ts'
import { prepareServices } from '../../../cli/embedded/packages/prepare-services.ts'
import type { LogRecord } from '../../../cli/log/log-record.ts'
import { createLoggedProgress } from '../../../cli/start/logged-progress.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

test('what could not be started is named before somebody tries', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'there'), '#!/bin/sh\n')
  chmodSync(join(bin, 'there'), 0o755)
  const entries = {
    ...{ found: 'there', typo: 'pythonn3', whole: join(bin, 'there'), gone: '/no/such/program' },
    ...{ beside: './server', template: '${' + 'data}/server' },
  }
  const mcpServers = Object.fromEntries(
    Object.entries(entries).map(([name, command]) => [name, { command }]),
  )
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify({ mcpServers }))
  const environment = { PATH: bin }
  const { services } = readGateway(environment, folder)
  t.deepEqual(
    missingCommands(services, environment).map((line) => line.split(';')[0]),
    [
      'typo cannot be started: its command pythonn3 is not there',
      'gone cannot be started: its command /no/such/program is not there',
      `beside cannot be started: its command ${join(folder, 'server')} is not there`,
    ],
  )
})

test('of a service that is added while the gateway runs it is a warning in the log', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const mcpServers = { gone: { command: '/no/such/program' } }
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify({ mcpServers }))
  const { services } = readGateway({}, folder)
  const own = new Map([...services].filter(([name]) => name === 'gone'))
  const records: LogRecord[] = []
  const progress = createLoggedProgress((record) => void records.push(record), Date.now)
  await prepareServices(own, { environment: {}, progress, signal: AbortSignal.timeout(10_000) })
  t.deepEqual(
    records.map(({ level, msg }) => [level, msg.split(':')[0]]),
    [['warn', 'gone cannot be started']],
  )
})
