/** The copies that rooms read: what becomes of them when the operator's file changes in one way or another. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { CliError } from '../../../cli/cli-error.ts'
import type { LogRecord } from '../../../cli/log/log-record.ts'
import { publishConfiguration } from '../../../cli/start/publish-configuration.ts'
import type { Services } from '../../../lib/catalogue/catalogue.ts'
import { copiesOf } from '../../../lib/catalogue/copies.ts'
import { tellEdgeRefusal } from '../../../lib/catalogue/edge-refusal.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { until } from '../../support/gateway-process.ts'

const MS_MAX = 10_000
/** Longer than it takes until a change has been seen. */
const NOTICED_MS = 1000

function publish(
  t: ExecutionContext,
  yaml: string | undefined,
  environment: Record<string, string> = {},
  install: (services: Services) => Promise<void> = async () => {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'published-'))
  const path = join(folder, 'gateway.yaml')
  if (yaml !== undefined) writeFileSync(path, yaml)
  const started = readGateway({ ...environment, GATEWAY_STATE_DIR: 'state' }, folder)
  const copies = copiesOf(started.stateDirectory)
  mkdirSync(join(copies.folder, 'held'), { recursive: true })
  writeFileSync(join(copies.folder, 'held/room.1'), 'of whoever ran before')
  const records: LogRecord[] = []
  const published = publishConfiguration({
    environment,
    workingDirectory: folder,
    clock: Date.now,
    started,
    onRecord: (record) => void records.push(record),
    install,
  })
  published.watch()
  t.teardown(() => {
    published.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const told = (msg: string): LogRecord[] => records.filter((record) => record.msg.includes(msg))
  const accepted = (): string => readFileSync(copies.accepted, 'utf8')
  return { path, copies, published, records, told, accepted }
}

const TOOL = 'mcpServers: { tool: { command: tool } }\n'

test('without a file there is nothing to tell; one that comes is taken up', async (t) => {
  const { path, copies, published, records, told, accepted } = publish(t, undefined)
  t.is(readFileSync(copies.started, 'utf8'), '{}\n')
  t.is(accepted(), '{}\n')
  t.is(statSync(copies.accepted).mode & 0o777, 0o600, 'it may hold what is secret')
  t.throws(() => statSync(join(copies.folder, 'held/room.1')), { code: 'ENOENT' })
  await sleep(NOTICED_MS)
  t.deepEqual(records, [])
  writeFileSync(path, TOOL)
  await until(() => accepted() === TOOL, MS_MAX)
  t.true(published.current.services.has('tool'))
  t.deepEqual(told('the configuration has changed')[0]?.fields['added'], ['tool'])
  t.is(told('a service was added')[0]?.fields['url'], 'http://localhost:8642/tool/mcp')
  t.is(readFileSync(copies.started, 'utf8'), '{}\n', 'the start is what it was')
})

test('a file that says nothing from the start is no fault, one that became empty is', async (t) => {
  const { path, told, accepted, records } = publish(t, '# nothing yet\n')
  await sleep(NOTICED_MS)
  t.deepEqual(records, [])
  writeFileSync(path, TOOL)
  await until(() => accepted() === TOOL, MS_MAX)
  writeFileSync(path, '')
  await until(() => told('is bad').length === 1, MS_MAX)
  t.is(accepted(), TOOL)
  rmSync(path)
  await until(() => told('is bad').length === 2, MS_MAX)
  t.regex(String(told('is bad')[1]?.fields['faults']), /cannot be read any more/)
  t.is(accepted(), TOOL)
})

test('what another start alone takes up is told, and reaches the rooms as text', async (t) => {
  const { path, published, told, accepted } = publish(t, TOOL, { FRESH: 'x' })
  const text =
    'branding: { name: Acme }\n' +
    'mcpServers: { tool: { command: tool, env: { KEY: "${secret.FRESH}" } }, "My Tool": { command: x } }\n'
  writeFileSync(path, text)
  await until(() => accepted() === text, MS_MAX)
  t.deepEqual(told('restart to use all of it')[0]?.fields['changed'], ['branding'])
  t.deepEqual(told('only another start hands out')[0]?.fields['secrets'], ['FRESH'])
  t.is(told('service "My Tool" is served as "my-tool"').length, 1)
  t.not(published.current.branding.name, 'Acme')
})

test('what Envoy refuses is a fault for as long as it does', (t) => {
  const { copies, published } = publish(t, TOOL)
  t.is(published.refused, undefined)
  tellEdgeRefusal(copies, true)
  t.is(published.refused?.text, TOOL)
  t.regex(String(published.refused?.faults), /^Envoy refuses the routes/)
  tellEdgeRefusal(copies, false)
  t.is(published.refused, undefined)
})

test('the default must not go; what cannot be handed on is told', async (t) => {
  const { path, copies, told, accepted, published } = publish(t, TOOL, { DEFAULT_SERVICE: 'tool' })
  writeFileSync(path, 'mcpServers: { other: { command: other } }\n')
  await until(() => told('is bad').length === 1, MS_MAX)
  t.regex(String(told('is bad')[0]?.fields['faults']), /DEFAULT_SERVICE must be one of/)
  t.is(accepted(), TOOL)
  rmSync(copies.accepted)
  mkdirSync(copies.accepted)
  writeFileSync(path, `${TOOL}# in other words\n`)
  await until(() => told('cannot be handed on').length === 1, MS_MAX)
  t.is(published.current.configurationText, TOOL)
})

test('what a service needs is installed before any room learns of it', async (t) => {
  const installed = Promise.withResolvers<void>()
  const asked: string[] = []
  const install = async (services: Services): Promise<void> => {
    asked.push(...services.keys())
    await installed.promise
  }
  const { path, published, accepted } = publish(t, undefined, {}, install)
  writeFileSync(path, TOOL)
  await until(() => asked.includes('tool'), MS_MAX)
  t.is(accepted(), '{}\n')
  t.false(published.current.services.has('tool'))
  installed.resolve()
  await until(() => published.current.services.has('tool'), MS_MAX)
  t.is(accepted(), TOOL)
})

test('what cannot be installed changes nothing, is told, and is tried again with the next file', async (t) => {
  let offline = true
  const install = async (): Promise<void> => {
    if (offline)
      throw new CliError('tool: the index cannot be reached.', { nextStep: 'see to that' })
  }
  const { path, published, told, accepted } = publish(t, undefined, {}, install)
  writeFileSync(path, TOOL)
  await until(() => published.refused !== undefined, MS_MAX)
  t.deepEqual(published.refused?.faults, ['tool: the index cannot be reached. see to that'])
  t.is(told('cannot be installed').length, 1)
  t.is(accepted(), '{}\n')
  offline = false
  writeFileSync(path, `${TOOL}# again\n`)
  await until(() => published.current.services.has('tool'), MS_MAX)
  t.is(published.refused, undefined)
})

test('an install that is broken off by the end publishes nothing', async (t) => {
  const installing = Promise.withResolvers<void>()
  let begun = false
  const install = (): Promise<void> => {
    begun = true
    return installing.promise
  }
  const { path, published, records, accepted } = publish(t, undefined, {}, install)
  writeFileSync(path, TOOL)
  await until(() => begun, MS_MAX)
  published.stop()
  installing.reject(new Error('broken off'))
  await sleep(0)
  t.deepEqual(records, [])
  t.is(accepted(), '{}\n')
})
