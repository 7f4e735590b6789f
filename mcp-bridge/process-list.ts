/** What runs now, for whoever operates the gateway: the wire shape of `GET /processes`. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Isolation } from '../lib/catalogue/service-definition.ts'
import type { Figures } from './runner/host.ts'
import type { Launched } from './runner/launcher.ts'
import type { Runner } from './runner/runner.ts'

export type ProcessState = 'running' | 'idle' | 'spare' | 'stopping'

export interface ProcessEntry {
  readonly service: string
  /** `sub` of the person whose it is; null where it is everybody's, or nobody's yet. */
  readonly user: string | null
  readonly isolation: Isolation
  readonly state: ProcessState
  readonly sessions: number
  readonly pid: number | null
  /** ISO 8601. */
  readonly started: string
  readonly calls: number
  /** Calls that it has to answer now. */
  readonly pending: number
  /** Of it and what it has started; null where that cannot be told. */
  readonly memory_bytes: number | null
  readonly cpu_seconds: number | null
}

/** What is not told by then remains unknown: a scrape does not wait for a runner that is away. */
const SCRAPE_MS = 1000

export async function listProcesses({ running }: Pick<Runner, 'running'>): Promise<ProcessEntry[]> {
  const { processes, spares } = running
  return await Promise.all([
    ...processes.map((one) => toEntry(one, false)),
    ...spares.map((one) => toEntry(one, true)),
  ])
}

async function toEntry(launched: Launched, isSpare: boolean): Promise<ProcessEntry> {
  const { process, startedAt, child } = launched
  const { service, users, counts, pending } = process
  const figures = await figuresOf(child)
  return {
    service: service.name,
    user: launched.userId ?? null,
    isolation: service.isolation,
    state: stateOf(launched, isSpare),
    sessions: users.size,
    pid: child?.pid ?? null,
    started: new Date(startedAt).toISOString(),
    calls: counts.calls,
    pending,
    memory_bytes: figures?.memoryBytes ?? null,
    cpu_seconds: figures?.cpuSeconds ?? null,
  }
}

async function figuresOf(child: Launched['child']): Promise<Figures | undefined> {
  return await Promise.race([child?.figures(), sleep(SCRAPE_MS, undefined, { ref: false })])
}

function stateOf({ process }: Launched, isSpare: boolean): ProcessState {
  if (process.isStopping) return 'stopping'
  if (isSpare) return 'spare'
  return process.users.size === 0 ? 'idle' : 'running'
}
