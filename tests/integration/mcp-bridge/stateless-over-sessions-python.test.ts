/** The official Python client of 2026-07-28 in front of a server that knows sessions only. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { startCuttingProxy } from '../../support/cutting-proxy.ts'
import { pythonWith } from '../../support/python-client.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '../../clients/python/rounds.py')
const python = await pythonWith('2.3.0')
const title = 'the Python client answers a form, a model’s question and one for folders'

if (python === undefined) {
  test.skip(`${title} (skipped: needs Python 3.10, venv and a package index)`, () => {})
} else {
  test(title, async (t) => {
    const bridge = await startBridge({ services: { old: fixture('knows-sessions.ts') } })
    t.teardown(() => bridge.stop())
    const proxy = await startCuttingProxy(bridge)
    t.teardown(() => proxy.stop())
    const content = { type: 'text', text: 'well?' }
    const form = { message: 'who?', requestedSchema: { type: 'object', properties: {} } }
    const sampling = { messages: [{ role: 'user', content }], maxTokens: 1 }
    const rounds = [
      [['elicitation/create', form], ['roots/list']],
      [['sampling/createMessage', sampling]],
    ]
    const args = [SCRIPT, `${proxy.url}/old/mcp`, 'consult', JSON.stringify({ rounds })]
    const { stdout } = await run(python, args, { timeout: 60_000 })
    const { version, asked, text } = JSON.parse(stdout) as Record<string, string>
    t.is(version, '2026-07-28')
    t.deepEqual([...(asked ?? [])].sort(), ['roots', 'well?', 'who?'])
    const [filled, folders, sampled] = JSON.parse(text ?? '') as Record<string, unknown>[]
    t.deepEqual(filled, { action: 'accept', content: { name: 'Ann' } })
    t.like(folders?.['roots'], [{ uri: 'file:///own', name: 'own' }])
    t.like(sampled, { role: 'assistant', content: { text: 'from a model' } })
  })
}
