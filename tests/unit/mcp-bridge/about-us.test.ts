import { readFileSync } from 'node:fs'
import test from 'ava'
import { ABOUT_US } from '../../../mcp-bridge/about-us.ts'

test('servers are told the version that this is', (t) => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { name, version } = JSON.parse(text) as Record<string, string>
  t.deepEqual({ ...ABOUT_US }, { name, version })
})
