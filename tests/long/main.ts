/** `npm run test:long`: what takes long, or needs packages that the everyday tests do without. */

import { DRIVERS } from '../clients/drivers.ts'
import { runClients } from '../clients/run-clients.ts'
import { runAva } from '../runner/ava.ts'
import { isSuccess, toSummary } from '../runner/tap.ts'
import { findServers, findTools } from '../runner/tools.ts'
import { runLongChaos, runLongSoak } from './chaos.ts'
import { runGrpcSoak } from './grpc-soak.ts'
import { runDeciderKills, runStoreKills } from './kills.ts'
import { runLeaks } from './leak.ts'
import { endSlowBodies } from './slow-bodies.ts'

const ROOT = new URL('../..', import.meta.url).pathname

/** Beside the test files of this folder. Each name is a test: it passes unless its function throws. */
const TESTS: Readonly<Record<string, () => Promise<void>>> = {
  'the store killed, twenty times': runStoreKills,
  'a process of ext-authz killed, twenty times': runDeciderKills,
  'two thousand sessions left in every ugly way': runLeaks,
  'ten million gRPC calls on one connection': runGrpcSoak,
  'everything breaks under load, for ten minutes': runLongChaos,
  'twenty minutes at half of what the gateway can do': runLongSoak,
  'a form that never ends is given up within a minute': endSlowBodies,
}

/** Of each target; every day it has two. */
const FUZZ_SECONDS = process.env['FUZZ_SECONDS'] ?? '60'
/** Between two results there is as long as one target takes. */
const FUZZ_ARGS = [`--timeout=${Number(FUZZ_SECONDS) + 180}s`]

const found = { ...(await findServers(process.env, ROOT)), ...(await findTools(process.env)) }
Object.assign(process.env, found)
const counts = await runAva(['tests/long/**'], found)
const fuzzed = await runAva([...FUZZ_ARGS, 'tests/fuzz/**'], { ...found, FUZZ_SECONDS })
for (const name of ['passed', 'failed', 'skipped'] as const) counts[name] += fuzzed[name]
for (const [name, run] of Object.entries(TESTS)) {
  try {
    await run()
    counts.passed += 1
    console.log(`✔ ${name}`)
  } catch (error) {
    counts.failed += 1
    console.log(`✘ ${name}\n${error instanceof Error ? error.message : String(error)}`)
  }
}
const clients = await runClients(DRIVERS)
for (const kind of ['passed', 'failed', 'skipped'] as const) counts[kind] += clients.counts[kind]
console.log(toSummary(counts))
process.exitCode = isSuccess(counts) ? 0 : 1
