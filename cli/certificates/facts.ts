/** A certificate as people and programs are told of it. */

import type { X509Certificate } from 'node:crypto'

const DAY_MS = 86_400_000

export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly serial: string
  readonly not_before: string
  readonly not_after: string
  /** Whole days; negative once it has ended. */
  readonly days_left: number
  /** `EC prime256v1` or `RSA 2048`. */
  readonly key: string
  /** SHA-256 of the whole certificate, in hexadecimal with colons. */
  readonly fingerprint: string
}

export function toFacts(certificate: X509Certificate, now: number): CertificateFacts {
  const { subject, issuer, subjectAltName = '', serialNumber, fingerprint256 } = certificate
  return {
    subject: inOneLine(subject),
    issuer: inOneLine(issuer),
    names: [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(
      ([, name = '']) => name,
    ),
    serial: toSerial(serialNumber),
    not_before: certificate.validFromDate.toISOString(),
    not_after: certificate.validToDate.toISOString(),
    days_left: Math.floor((certificate.validToDate.getTime() - now) / DAY_MS),
    key: keyOf(certificate),
    fingerprint: fingerprint256,
  }
}

function keyOf({ publicKey }: X509Certificate): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details = {} } = publicKey
  return `${type.toUpperCase()} ${details.namedCurve ?? details.modulusLength ?? ''}`.trim()
}

/** Empty for a certificate that names nobody, as those of Let's Encrypt do. */
function inOneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}

/** Whether each is signed by the one after it. */
export function isChain(certificates: readonly X509Certificate[]): boolean {
  return certificates.slice(0, -1).every((certificate, index) => {
    const above = certificates[index + 1]
    return (
      above !== undefined && certificate.checkIssued(above) && certificate.verify(above.publicKey)
    )
  })
}

/** One number is written with leading zeros, and in small letters, by some. */
export function toSerial(hexadecimal: string): string {
  return hexadecimal
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '')
    .toUpperCase()
}
