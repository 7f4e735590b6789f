import test from 'ava'
import { toServiceRows } from '../../../../cli/status/service-table.ts'
import { readYaml } from '../../../support/configuration.ts'

const GATEWAY = readYaml(`
mcpServers:
  notes: { command: my-notes, isolation: user, description: Notes. }
  docs: { url: "https://mcp.example.com/mcp", enabled: false }
  memory: { enabled: false }
`)

test('what there is: on first, with what pins it and what it may reach', (t) => {
  const pin = { kind: 'npm', name: '@modelcontextprotocol/server-memory' } as const
  const rows = toServiceRows(GATEWAY, [
    { ...pin, version: '1', where: 'package.json' },
    { ...pin, version: '2', where: 'services/memory/package.json' },
    { ...pin, name: '@playwright/mcp', version: '3', where: 'services/other/package.json' },
  ])
  const row = (name: string) => rows.find((one) => one.name === name)
  t.like(row('notes'), {
    on: true,
    kind: 'command',
    what: 'my-notes',
    version: null,
    isolation: 'user',
    network: 'open',
  })
  t.like(row('docs'), { on: false, kind: 'url', what: 'mcp.example.com', network: 'remote' })
  t.like(row('memory'), { on: false, kind: 'npm', version: '2' })
  t.like(row('playwright'), { version: '3', network: 'public' })
  t.like(row('echo'), { kind: 'native', isolation: 'shared', version: null, network: 'own' })
  const firstOff = rows.findIndex(({ on }) => !on)
  t.true(rows.slice(firstOff).every(({ on }) => !on))
})
