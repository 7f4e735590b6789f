import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { readGateway } from '../../../../lib/catalogue/gateway.ts'
import { withRunner } from '../../../../lib/catalogue/runners.ts'

const runners = { folder: '/run/runners', has: (name: string) => name === 'time' }

test('a service has the runner of its name, any other the operator’s', (t) => {
  const time = { pypi: 'mcp-server-time' }
  t.deepEqual(withRunner('time', time, runners), {
    ...time,
    runner: '/run/runners/time/runner.sock',
  })
  t.is(withRunner('mine', { command: 'x' }, runners).runner, '/run/runners/own/runner.sock')
})

test('what the definition says wins, and a remote server has none', (t) => {
  const definition = { command: 'x', runner: './mine.sock' }
  t.is(withRunner('time', definition, runners).runner, './mine.sock')
  t.is(withRunner('time', { url: 'https://x.example/mcp' }, runners).runner, undefined)
  t.deepEqual(withRunner('time', { command: 'x' }, undefined), { command: 'x' })
})

test('MCP_RUNNERS_FOLDER gives every program a runner', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'runners-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['memory', 'filesystem']) {
    mkdirSync(join(folder, 'run', name), { recursive: true })
  }
  writeFileSync(
    join(folder, 'gateway.yaml'),
    'mcpServers: { mine: { command: ./mine }, memory: { enabled: true }, filesystem: { command: x } }\n',
  )
  const { services } = readGateway({ MCP_RUNNERS_FOLDER: 'run' }, folder)
  t.is(services.get('memory')?.runner, join(folder, 'run/memory/runner.sock'))
  t.is(services.get('mine')?.runner, join(folder, 'run/own/runner.sock'))
  t.is(services.get('filesystem')?.runner, join(folder, 'run/own/runner.sock'), 'of the operator’s')
  const memory = services.get('memory')?.launch
  t.is(memory?.kind === 'stdio' ? memory.command : '', 'mcp-server-memory')
})
