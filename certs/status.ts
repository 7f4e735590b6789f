/** What the room tells of the certificate: for `gateway status` in a file, for Prometheus on its socket. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figures } from '../lib/platform/figures.ts'
import type { Log } from '../lib/platform/log.ts'
import { keptFile } from './kept-file.ts'
import type { Served } from './publish.ts'
import type { CertificateSource } from './source.ts'

/** The wire shape that `gateway status --json` prints. */
export interface CertificateStatus {
  readonly source: CertificateSource['kind']
  /** Ours for the moment, until one comes that others trust. */
  readonly placeholder: boolean
  readonly names: readonly string[]
  /** Hosts that are served and that it is not for; absent where whoever tells does not know. */
  readonly missing_names?: readonly string[]
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
  readonly missing: readonly string[]
  readonly fault: string | undefined
  readonly nextAttemptAt: number | undefined
}

function toStatus({ source, served, missing, fault, nextAttemptAt }: Told): CertificateStatus {
  const { names, notBefore, notAfter } = served.pair
  return {
    source,
    placeholder: served.origin === PLACEHOLDER_ORIGIN,
    names,
    missing_names: missing,
    not_before: new Date(notBefore).toISOString(),
    not_after: new Date(notAfter).toISOString(),
    fault: fault ?? null,
    next_attempt: nextAttemptAt === undefined ? null : new Date(nextAttemptAt).toISOString(),
  }
}

/** @returns what writes it anew. */
export function statusFile(folder: string, told: () => Told, log: Log): () => void {
  const toText = (): string => `${JSON.stringify(toStatus(told()), undefined, 2)}\n`
  return keptFile(statusPath(folder), toText, log)
}

/** As the room wrote it last, or undefined before it ever did. */
export function readStatus(folder: string): CertificateStatus | undefined {
  try {
    return JSON.parse(readFileSync(statusPath(folder), 'utf8')) as CertificateStatus
  } catch {
    return undefined
  }
}

/** For Prometheus; times are epoch seconds. */
export function tellCertificate(figures: Figures, told: () => Told): void {
  const rows = [
    [
      'not_before_timestamp_seconds',
      'When the certificate that is served began.',
      ({ served }: Told) => served.pair.notBefore / 1000,
    ],
    [
      'not_after_timestamp_seconds',
      'When the certificate that is served ends.',
      ({ served }: Told) => served.pair.notAfter / 1000,
    ],
    [
      'placeholder',
      'Whether a placeholder is served that nobody trusts.',
      ({ served }: Told) => Number(served.origin === PLACEHOLDER_ORIGIN),
    ],
    [
      'failing',
      'Whether a newer one is needed and the last try to get it failed.',
      ({ fault }: Told) => Number(fault !== undefined),
    ],
  ] as const
  for (const [name, help, read] of rows) {
    figures.gauge(`certificate_${name}`, help, () => read(told()))
  }
}
