/**
 * `npm run test:compose`: the real compose.yaml on a real engine, with a GitHub and an authority for certificates
 * around it. Each name is a test: it passes unless its function throws. What is made is taken down in any case.
 */

import { randomBytes } from 'node:crypto'
import { isSuccess, toSummary } from '../runner/tap.ts'
import { findTools } from '../runner/tools.ts'
import { runChecks } from './checks.ts'
import { docker } from './stack.ts'

const counts = { passed: 0, failed: 0, skipped: 0 }

async function hasEngine(): Promise<boolean> {
  try {
    await docker('version', '--format', '{{.Server.Version}}')
    await docker('compose', 'version')
    return true
  } catch {
    return false
  }
}

const tools = await findTools(process.env)
Object.assign(process.env, tools)
const missing = (await hasEngine())
  ? tools['GO_BIN'] === undefined
    ? 'go, which builds the authority for certificates'
    : undefined
  : 'a Docker engine with compose'
if (missing === undefined) {
  await runChecks(`mcp-test-${randomBytes(3).toString('hex')}`, counts)
  process.exitCode = isSuccess(counts) ? 0 : 1
} else {
  counts.skipped = 1
  console.log(`- the whole gateway in containers (needs ${missing})`)
}
console.log(toSummary(counts))
