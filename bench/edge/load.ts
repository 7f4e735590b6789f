/** One run of the load, and the moments at which its measuring begins and ends. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { HOST, PATH } from './tokens.ts'

export interface LoadOptions {
  readonly program: string
  readonly cores: string
  readonly port: number
  readonly tokens: string
  readonly body: string
  readonly connections: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly expected: number
  /** Requests per second; undefined for a closed loop. */
  readonly rate?: number
  /** Each token once: the run ends with the last. */
  readonly once?: boolean
  /** Makes every token another forgery. */
  readonly spoil?: boolean
}

/** What `load.c` prints. */
export interface Outcome {
  readonly requests: number
  readonly seconds: number
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
  /** How late requests were sent, beyond what the loop of the load itself takes. */
  readonly sendDelayP99Us: number
  readonly cpuUs: number
  /** Connections that the edge closed under a request. */
  readonly failed: number
  /** Requests that were due, and that nobody answered or that were not even sent. */
  readonly unanswered: number
  readonly usedUp: boolean
  readonly nextToken: number
  /** How the first unexpected answer began. */
  readonly sample: string
  readonly statuses: Readonly<Record<string, number>>
}

export interface Moments {
  readonly begin?: () => void
  readonly end?: () => void
}

export async function runLoad(options: LoadOptions, moments: Moments = {}): Promise<Outcome> {
  const child = spawn('taskset', ['-c', options.cores, options.program, ...toArguments(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let outcome: Outcome | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'measuring') {
      moments.begin?.()
      continue
    }
    moments.end?.()
    outcome = JSON.parse(line) as Outcome
  }
  const exitCode = await exited
  if (outcome === undefined) throw new Error(`the load ended with exit code ${exitCode}`)
  return outcome
}

function toArguments(options: LoadOptions): string[] {
  const { port, tokens, body, connections, seconds, warmUpSeconds, expected, rate } = options
  const values = {
    port,
    host: HOST,
    path: PATH,
    tokens,
    body,
    connections,
    seconds,
    'warm-up': warmUpSeconds,
    expect: expected,
    ...(rate !== undefined && { rate }),
  }
  return [
    ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(options.once ? ['--once'] : []),
    ...(options.spoil ? ['--spoil'] : []),
  ]
}

/** Wrong answers, and requests that got none; at a constant rate those may be too many to be answered. */
export function errorsOf(outcome: Outcome, { expected, rate }: ExpectedAnswers): number {
  const { requests, failed, unanswered, statuses } = outcome
  return requests - (statuses[expected] ?? 0) + failed + (rate === undefined ? unanswered : 0)
}

export type ExpectedAnswers = Pick<LoadOptions, 'expected' | 'rate'>
