/**
 * `npm run soak [-- --minutes 20]`: people of both eras at half of what the gateway can do, and memory, descriptors
 * and latency stay where they are. The last line is the verdict.
 */

import { parseArgs } from 'node:util'
import { findServers } from '../runner/tools.ts'
import { runSoak } from './run-soak.ts'
import { tellSoak } from './tell-soak.ts'

const ROOT = new URL('../..', import.meta.url).pathname

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(`--minutes takes a number, not ${values.minutes}`)
Object.assign(process.env, await findServers(process.env, ROOT))
process.exitCode = tellSoak(await runSoak(minutes, console.log)) ? 0 : 1
