/** A third of a million calls on one connection; `npm run test:long` makes ten million. */

import test from 'ava'
import { runPipeline, startMeasured } from '../../support/pipeline.ts'

const CALLS = 300_000
const MEBIBYTE = 1_048_576

test('hundreds of thousands of calls on one connection: each its own answer, and no memory', async (t) => {
  t.timeout(600_000)
  const server = await startMeasured('fast')
  t.teardown(server.stop)
  await runPipeline(server.socket, { calls: 50_000, underWay: 64 })
  const before = await server.usage()
  const seconds = await runPipeline(server.socket, { calls: CALLS, underWay: 64 })
  const after = await server.usage()
  const cpu = (after.cpuMicroseconds - before.cpuMicroseconds) / CALLS
  const grown = (after.rss - before.rss) / MEBIBYTE
  t.log(`${CALLS} calls in ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} µs each of the server's CPU`)
  t.log(`${(after.rss / MEBIBYTE).toFixed(0)} MiB resident, ${grown.toFixed(1)} more than before`)
  t.true(grown < 40, `${grown} MiB more`)
})
