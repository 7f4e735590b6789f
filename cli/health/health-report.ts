/** Whether the gateway lives, whether it serves, and what it depends on: the wire shape of `gateway health --json`. */

import { toTable } from '../output.ts'

export interface HealthCheck {
  /** `ext-authz-1`, `store`, `signing-keys` … */
  readonly name: string
  /** `warning` keeps nobody out, for now. */
  readonly status: 'ok' | 'warning' | 'failing'
  readonly detail: string
  /** Milliseconds until it answered; null where nobody had to be asked. */
  readonly took_ms: number | null
}

export interface HealthReport {
  /** What supervises the parts answers, or a container runs: another start would help nobody. */
  readonly live: boolean
  /** Everything that a request needs answers. */
  readonly ready: boolean
  readonly where: 'embedded' | 'compose'
  readonly checks: readonly HealthCheck[]
}

export type Verdict = Pick<HealthCheck, 'status' | 'detail'>

export const ok = (detail: string): Verdict => ({ status: 'ok', detail })
export const failing = (detail: string): Verdict => ({ status: 'failing', detail })

/** Asks, and takes what is thrown for an answer. */
export async function timed(name: string, ask: () => Promise<Verdict>): Promise<HealthCheck> {
  const since = performance.now()
  const verdict = await ask().catch((error: unknown) => failing(reasonOf(error)))
  return { name, ...verdict, took_ms: Math.ceil(performance.now() - since) }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'does not answer' : message
}

export function toReport(
  where: HealthReport['where'],
  checks: readonly HealthCheck[],
  live = true,
): HealthReport {
  const ready = checks.length > 0 && checks.every(({ status }) => status !== 'failing')
  return { live, ready, where, checks }
}

export function renderHealth({ ready, where, checks }: HealthReport): string[] {
  const rows = checks.map(({ name, status, detail, took_ms: ms }) => [
    name,
    status,
    ms === null ? '-' : `${ms} ms`,
    detail,
  ])
  return [
    `${ready ? 'ready' : 'not ready'} (${where})`,
    '',
    ...toTable([['WHAT', 'STATE', 'TOOK', 'DETAIL'], ...rows]),
  ]
}
