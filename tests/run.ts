/** `npm test`: finds what the tests need, runs ava, and ends with the counts on a line of their own. */

import { join } from 'node:path'
import { CliError } from '../cli/cli-error.ts'
import { runAva } from './runner/ava.ts'
import { isSuccess, toSummary } from './runner/tap.ts'
import { findServers, findTools } from './runner/tools.ts'

const ROOT = join(import.meta.dirname, '..')
/** What takes long is run by `npm run test:long`. */
const EVERYDAY = 'tests/{conformance,contract,e2e,fuzz,integration,unit}/**'

async function main(): Promise<void> {
  const servers = await findServers(process.env, ROOT)
  const tools = await findTools(process.env)
  const args = process.argv.slice(2)
  const counts = await runAva(args.length > 0 ? args : [EVERYDAY], { ...servers, ...tools })
  console.log(toSummary(counts))
  process.exitCode = isSuccess(counts) ? 0 : 1
}

try {
  await main()
} catch (error) {
  if (!(error instanceof CliError)) throw error
  console.error(`${error.message}\n→ ${error.nextStep ?? ''}`)
  console.log(toSummary({ passed: 0, failed: 1, skipped: 0 }))
  process.exitCode = 1
}
