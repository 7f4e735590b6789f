/**
 * Figures of a process for Prometheus: what each room tells of itself, and how it tells more.
 *
 * Names begin with `mcp_gateway_`, but for those that every exporter has (`process_…`). Labels have values
 * of ours or of the configuration alone, never a person's or a client's: their number is bounded.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Histogram, Registry } from 'prom-client'
import { TimedSeries } from './timed-series.ts'

const FIGURES_PREFIX = 'mcp_gateway_'
/** Of Prometheus' text format, version 0.0.4. */
export const FIGURES_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface Tally {
  /** Counts one. @param labels values in the order of the names. */
  add(labels?: readonly string[]): void
}

export interface Timing {
  observe(seconds: number, labels?: readonly string[]): void
}

/** Pairs of the labels' values, in the order of their names, and what is told of them. */
export type Series = Iterable<readonly [labels: readonly string[], value: number]>

export interface Figures {
  /** A counter that is added to as things happen. */
  tally(name: string, help: string, labels?: readonly string[]): Tally
  /** A counter that is read from somewhere whenever somebody looks; one number stands for no labels. */
  total(name: string, help: string, read: () => number): void
  totals(name: string, help: string, labels: readonly string[], read: () => Series): void
  /** A value that is read whenever somebody looks; undefined: there is none now. */
  gauge(name: string, help: string, read: () => number | undefined): void
  gauges(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Series | Promise<Series>,
  ): void
  /** A histogram in seconds. */
  timing(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Timing
  /** In Prometheus' text format, as `FIGURES_TYPE`. */
  render(): Promise<string>
}

/** With what every process tells of itself: memory, CPU time, open files, how late its event loop is. */
export function createFigures(): Figures {
  const figures = new RegistryFigures()
  tellProcess(figures.registry)
  return figures
}

class RegistryFigures implements Figures {
  readonly registry = new Registry()

  tally(name: string, help: string, labels: readonly string[] = []): Tally {
    // By hand: the library takes longer to count with labels than a decision of the edge does.
    const counts = new Map<string, [readonly string[], number]>()
    if (labels.length === 0) counts.set('', [[], 0])
    this.totals(name, help, labels, () => counts.values())
    return {
      add(values = []) {
        const key = values.join('\0')
        const count = counts.get(key)
        if (count === undefined) counts.set(key, [values, 1])
        else count[1]++
      },
    }
  }

  total(name: string, help: string, read: () => number): void {
    this.totals(name, help, [], () => [[[], read()]])
  }

  totals(name: string, help: string, labels: readonly string[], read: () => Series): void {
    new Counter({
      ...this.#about(name, help, labels),
      collect() {
        this.reset()
        for (const [values, count] of read()) this.inc(toLabels(labels, values), count)
      },
    })
  }

  gauge(name: string, help: string, read: () => number | undefined): void {
    this.gauges(name, help, [], () => {
      const value = read()
      return value === undefined ? [] : [[[], value]]
    })
  }

  gauges(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Series | Promise<Series>,
  ): void {
    new Gauge({
      ...this.#about(name, help, labels),
      async collect() {
        const series = await read()
        this.reset()
        // Without labels the library goes on with a zero.
        if (labels.length === 0) this.remove()
        for (const [values, value] of series) this.set(toLabels(labels, values), value)
      },
    })
  }

  timing(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly string[] = [],
  ): Timing {
    const timed = new TimedSeries(FIGURES_PREFIX + name, help, labels, buckets)
    this.registry.registerMetric(timed as unknown as Histogram)
    return timed
  }

  render(): Promise<string> {
    return this.registry.metrics()
  }

  #about(name: string, help: string, labels: readonly string[]) {
    return {
      name: FIGURES_PREFIX + name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
    }
  }
}

function toLabels(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

/** Looked at so often: finer costs wake-ups of a process that has nothing to do. */
const LAG_RESOLUTION_MS = 100
const NANOSECONDS = 1_000_000_000

/** Under the names that every exporter has, where there are such. */
function tellProcess(registry: Registry): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number | undefined): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read()
        if (value === undefined) this.remove()
        else this.set(value)
      },
    })
  }
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time used, user and system.',
    registers,
    collect() {
      this.reset()
      const { user, system } = process.cpuUsage()
      this.inc((user + system) / 1_000_000)
    },
  })
  const startedAt = Date.now() / 1000 - process.uptime()
  gauge('process_start_time_seconds', 'When it was started, epoch seconds.', () => startedAt)
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('process_open_fds', 'Open files and sockets.', countOpenFiles)
  const limit = readMemoryLimit()
  gauge(`${FIGURES_PREFIX}memory_limit_bytes`, 'Of its container; absent without.', () => limit)
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  lag.enable()
  gauge(
    `${FIGURES_PREFIX}event_loop_lag_seconds`,
    'The longest that the event loop was late since somebody last looked.',
    () => {
      const longest = Math.max(0, lag.max / NANOSECONDS - LAG_RESOLUTION_MS / 1000)
      lag.reset()
      return longest
    },
  )
}

/** Undefined where the system does not tell. */
function countOpenFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}

/** Of the control group, version 2; undefined without a limit. */
function readMemoryLimit(): number | undefined {
  try {
    const limit = Number(readFileSync('/sys/fs/cgroup/memory.max', 'utf8'))
    return Number.isFinite(limit) ? limit : undefined
  } catch {
    return undefined
  }
}
