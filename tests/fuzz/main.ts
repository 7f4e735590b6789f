/**
 * `npm run test:fuzz [-- WORD...]`: looks for inputs that break something, a minute for each target whose
 * title has one of the words. FUZZ_SECONDS says for how long, FUZZ_SEED from where.
 */

import { join } from 'node:path'
import { CliError } from '../../cli/cli-error.ts'
import { runAva } from '../runner/ava.ts'
import { isSuccess, toSummary } from '../runner/tap.ts'
import { findServers } from '../runner/tools.ts'

const ROOT = join(import.meta.dirname, '../..')
const SECONDS = process.env['FUZZ_SECONDS'] ?? '60'

try {
  const matches = process.argv.slice(2).map((word) => `--match=*${word}*`)
  const variables = { ...(await findServers(process.env, ROOT)), FUZZ_SECONDS: SECONDS }
  // Between two results there is as long as one target takes.
  const timeout = `--timeout=${Number(SECONDS) + 180}s`
  const counts = await runAva([timeout, ...matches, 'tests/fuzz/**'], variables)
  console.log(toSummary(counts))
  process.exitCode = isSuccess(counts) ? 0 : 1
} catch (error) {
  if (!(error instanceof CliError)) throw error
  console.error(`${error.message}\n→ ${error.nextStep ?? ''}`)
  process.exitCode = 1
}
