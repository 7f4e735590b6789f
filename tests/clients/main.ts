/**
 * `npm run test:clients [-- NAME…] [--light] [--write]`: real clients, each with its own discovery, registration
 * and login, against a gateway as users have it; `--write` keeps what was seen for docs/clients-tested.md.
 */

import { parseArgs } from 'node:util'
import { isSuccess, toSummary } from '../runner/tap.ts'
import { findServers, findTools } from '../runner/tools.ts'
import { DRIVERS } from './drivers.ts'
import { keepResults } from './results.ts'
import { runClients } from './run-clients.ts'
import { toTerminalTable } from './table.ts'

const ROOT = new URL('../..', import.meta.url).pathname

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { light: { type: 'boolean' }, write: { type: 'boolean' } },
})
const known = DRIVERS.map(({ name }) => name)
const unknown = positionals.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; known: ${known.join(', ')}`)
  process.exit(1)
}
const drivers = DRIVERS.filter(
  ({ name, isLight }) =>
    (positionals.length === 0 || positionals.includes(name)) &&
    (values.light !== true || isLight === true),
)
Object.assign(process.env, await findServers(process.env, ROOT), await findTools(process.env))
const { results, counts } = await runClients(drivers)
console.log(`\n${toTerminalTable(results)}\n`)
if (values.write === true) keepResults(results, known)
console.log(toSummary(counts))
process.exitCode = isSuccess(counts) ? 0 : 1
