/** The certificate as the figures for Prometheus tell of it: for whoever cannot see its room's folder. */

import type { CertificateStatus } from '../../certs/status.ts'

const DEADLINE_MS = 3000

/** Null where nobody answers. */
export async function readCertificateFigures(
  metricsPort: number,
  source: CertificateStatus['source'],
  host: string,
): Promise<CertificateStatus | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics/certs`, {
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    return response.ok ? parseFigures(await response.text(), source, host) : null
  } catch {
    return null
  }
}

export function parseFigures(
  text: string,
  source: CertificateStatus['source'],
  host: string,
): CertificateStatus | null {
  const figures = new Map(
    [...text.matchAll(/^mcp_gateway_certificate_(\w+) ([0-9.e+]+)$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]),
  )
  const notAfter = figures.get('not_after_timestamp_seconds')
  const notBefore = figures.get('not_before_timestamp_seconds')
  if (notAfter === undefined || notBefore === undefined) return null
  return {
    source,
    placeholder: figures.get('placeholder') === 1,
    names: [host],
    not_before: new Date(notBefore * 1000).toISOString(),
    not_after: new Date(notAfter * 1000).toISOString(),
    fault: figures.get('failing') === 1 ? 'the last try failed' : null,
    next_attempt: null,
  }
}
