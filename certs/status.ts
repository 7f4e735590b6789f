/** What the room tells of the certificate: for `gateway status` in a file, for Prometheus on its socket. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../lib/platform/whole-file.ts'
import type { Served } from './publish.ts'
import type { CertificateSource } from './source.ts'

/** The wire shape that `gateway status --json` prints. */
export interface CertificateStatus {
  readonly source: CertificateSource['kind']
  /** Ours for the moment, until one comes that others trust. */
  readonly placeholder: boolean
  readonly names: readonly string[]
  readonly not_before: string
  readonly not_after: string
  /** Why there is no newer one, or null when nothing is wrong. */
  readonly fault: string | null
  /** When the next one will be asked for, if it is for us to ask. */
  readonly next_attempt: string | null
}

export const PLACEHOLDER_ORIGIN = 'placeholder'

const statusPath = (folder: string): string => join(folder, 'status.json')

export interface Told {
  readonly source: CertificateSource['kind']
  readonly served: Served
  readonly fault: string | undefined
  readonly nextAttemptAt: number | undefined
}

export function toStatus({ source, served, fault, nextAttemptAt }: Told): CertificateStatus {
  const { names, notBefore, notAfter } = served.pair
  return {
    source,
    placeholder: served.origin === PLACEHOLDER_ORIGIN,
    names,
    not_before: new Date(notBefore).toISOString(),
    not_after: new Date(notAfter).toISOString(),
    fault: fault ?? null,
    next_attempt: nextAttemptAt === undefined ? null : new Date(nextAttemptAt).toISOString(),
  }
}

export function writeStatus(folder: string, status: CertificateStatus): void {
  writeWhole(statusPath(folder), `${JSON.stringify(status, undefined, 2)}\n`)
}

/** As the room wrote it last, or undefined before it ever did. */
export function readStatus(folder: string): CertificateStatus | undefined {
  try {
    return JSON.parse(readFileSync(statusPath(folder), 'utf8')) as CertificateStatus
  } catch {
    return undefined
  }
}

/** In Prometheus's text format. */
export function renderMetrics({ served, fault }: Told): string {
  const metrics = [
    [
      'not_before_seconds',
      'When the certificate that is served began.',
      served.pair.notBefore / 1000,
    ],
    ['not_after_seconds', 'When the certificate that is served ends.', served.pair.notAfter / 1000],
    [
      'placeholder',
      'Whether a placeholder is served that nobody trusts.',
      Number(served.origin === PLACEHOLDER_ORIGIN),
    ],
    ['failing', 'Whether the last try to get a newer one failed.', Number(fault !== undefined)],
  ] as const
  return metrics
    .flatMap(([name, help, value]) => [
      `# HELP gateway_certificate_${name} ${help}`,
      `# TYPE gateway_certificate_${name} gauge`,
      `gateway_certificate_${name} ${value}`,
    ])
    .join('\n')
    .concat('\n')
}
