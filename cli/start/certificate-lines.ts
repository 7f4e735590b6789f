/** What people are told of the certificate: at the start, and by `gateway status`. */

import { join } from 'node:path'
import { AUTHORITY_CERTIFICATE, certificateFolder } from '../../certs/files.ts'
import { type CertificateStatus, readStatus } from '../../certs/status.ts'
import type { Settings } from './settings.ts'

const DAY_MS = 86_400_000

/** As its room told last; null without TLS. */
export function certificateStatus({
  certificates,
  gateway,
}: Pick<Settings, 'certificates' | 'gateway'>): CertificateStatus | null {
  if (certificates === undefined) return null
  return readStatus(certificateFolder(gateway.stateDirectory)) ?? null
}

/** How to trust what nobody trusts by itself. */
export function certificateLines(
  certificate: CertificateStatus | null,
  stateDirectory: string,
): string[] {
  if (certificate?.placeholder === true) {
    return [
      '',
      'There is no certificate yet: clients refuse the placeholder. gateway status tells when one comes.',
    ]
  }
  const missing = certificate?.missing_names ?? []
  if (certificate?.source === 'own' && missing.length > 0) {
    return ['', `The certificate is not for ${missing.join(', ')}: clients refuse it there.`]
  }
  if (certificate?.source !== 'development') return []
  const path = join(certificateFolder(stateDirectory), AUTHORITY_CERTIFICATE)
  return [
    '',
    'The certificate is signed by an authority of this gateway’s own, good for this machine alone:',
    `    ${path}`,
    'Clients have to trust it once:',
    `    Node.js    export NODE_EXTRA_CA_CERTS="${path}"`,
    `    curl       curl --cacert "${path}" …`,
    '    browser    import it among the authorities for web sites',
  ]
}

const SOURCES = {
  own: 'your files',
  development: 'the authority of this gateway’s own',
  acme: 'an ACME authority',
} as const

export function statusLines(certificate: CertificateStatus | null, now: number): string[] {
  if (certificate === null) return []
  const { source, placeholder, names, missing_names: missing = [] } = certificate
  const { fault, next_attempt } = certificate
  const what = placeholder
    ? `certificate: none yet from ${SOURCES[source]}; a placeholder is served, which clients refuse`
    : `certificate: from ${SOURCES[source]} for ${names.join(', ')}, ${toValidity(certificate, now)}`
  const next = next_attempt === null ? '' : `; asked again at ${next_attempt}`
  return [
    what,
    ...(placeholder || missing.length === 0
      ? []
      : [`  not for ${missing.join(', ')}: clients refuse it there`]),
    ...(fault === null ? [] : [`  no newer one: ${fault}${next}`]),
  ]
}

function toValidity(
  { not_before: notBefore, not_after: notAfter }: CertificateStatus,
  now: number,
): string {
  if (Date.parse(notBefore) > now) return `NOT VALID before ${notBefore}`
  const left = Date.parse(notAfter) - now
  if (left <= 0) return `EXPIRED at ${notAfter}`
  const days = Math.floor(left / DAY_MS)
  return `valid until ${notAfter} (${days} ${days === 1 ? 'day' : 'days'} left)`
}
