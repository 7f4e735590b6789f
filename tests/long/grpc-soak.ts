/**
 * Ten million calls on one connection, each answer compared with its question.
 *
 * A server that charges the connection's window a few bytes too many for each answer stands still long
 * before; one that keeps a little of each call grows.
 */

import { runPipeline, startMeasured } from '../support/pipeline.ts'

const CALLS = 10_000_000
const UNDER_WAY = 64
const REPORT_EVERY = 1_000_000
const MEBIBYTE = 1_048_576
/** From the first million to the last: ten bytes kept of each call would show. */
const GROWTH_MAX_BYTES = 80 * MEBIBYTE

export async function runGrpcSoak(): Promise<void> {
  const server = await startMeasured('fast')
  const seen: Awaited<ReturnType<typeof server.usage>>[] = []
  const startedAt = performance.now()
  const reports: Promise<void>[] = []
  const report = (answered: number): void => {
    const seconds = (performance.now() - startedAt) / 1000
    reports.push(
      server.usage().then((usage) => {
        seen.push(usage)
        console.log(toLine(answered, seconds, usage.rss))
      }),
    )
  }
  try {
    const every = { calls: REPORT_EVERY, report }
    const seconds = await runPipeline(server.socket, { calls: CALLS, underWay: UNDER_WAY, every })
    await Promise.all(reports)
    const { cpuMicroseconds, rss } = await server.usage()
    console.log(
      `${toLine(CALLS, seconds, rss)}, ${(cpuMicroseconds / CALLS).toFixed(1)} µs CPU a call`,
    )
    const grown = rss - (seen[0]?.rss ?? 0)
    if (grown > GROWTH_MAX_BYTES) throw new Error(`grown by ${toMebibytes(grown)}`)
  } finally {
    await server.stop()
  }
}

function toLine(calls: number, seconds: number, rss: number): string {
  return `  ${calls} calls, ${seconds.toFixed(1)} s, ${toMebibytes(rss)} resident`
}

function toMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`
}
