/**
 * `npm run test:chaos [-- --seed N --minutes M --only store,ext-authz]`: everything breaks under load, again and
 * again, and nothing that was acknowledged is lost. The last line is the verdict.
 *
 * A seed repeats which faults come in which order with which details, and which operations each client carries
 * out in which order with which details. It repeats neither how they meet, nor the process of a child.
 */

import { findServers } from '../runner/tools.ts'
import { readOptions } from './options.ts'
import { runChaos } from './run-chaos.ts'
import { tellOutcome } from './tell-outcome.ts'

const ROOT = new URL('../..', import.meta.url).pathname

const options = readOptions(process.argv.slice(2), Math.random)
console.log(`seed ${options.seed}`)
Object.assign(process.env, await findServers(process.env, ROOT))
process.exitCode = tellOutcome(options, await runChaos(options, console.log)) ? 0 : 1
