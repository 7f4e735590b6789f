/** A certificate chain and its key: whether they belong together, for which names, until when. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { Secret } from '../lib/platform/secret.ts'

export interface Pair {
  /** PEM: the certificate, then its intermediates. */
  readonly chain: string
  readonly key: Secret
  /** As the certificate lists them, `*.example.com` among them. */
  readonly names: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
  covers(name: string): boolean
}

/** What is wrong with a pair, in words for the operator. */
export class PairFault extends Error {
  override readonly name = 'PairFault'
}

const ONE_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
/** Envoy takes no other curves, and no shorter RSA keys. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']
const RSA_BITS_MIN = 2048

/** @throws PairFault when Envoy could not serve it. */
export function toPair(chain: string, key: string): Pair {
  const certificates = (chain.match(ONE_CERTIFICATE) ?? []).map(parseCertificate)
  const [leaf] = certificates
  if (leaf === undefined) throw new PairFault('the certificate file holds no PEM certificate')
  const privateKey = parseKey(key)
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new PairFault('certificate and key do not belong together')
  }
  requireServable(privateKey)
  const names = namesOf(leaf)
  return {
    chain,
    key: new Secret(key),
    names,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    covers: (name) => names.includes(name) || matches(leaf, name),
  }
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new PairFault('the certificate file cannot be read: it is broken')
  }
}

/** Its own message could quote the key: ours does not. */
function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new PairFault('the key file holds no private key in PEM without a password')
  }
}

function requireServable({ asymmetricKeyType, asymmetricKeyDetails: details = {} }: KeyObject) {
  const serves =
    (asymmetricKeyType === 'rsa' && (details.modulusLength ?? 0) >= RSA_BITS_MIN) ||
    (asymmetricKeyType === 'ec' && CURVES.includes(details.namedCurve ?? ''))
  if (serves) return
  throw new PairFault(
    `the key must be ECDSA on P-256, P-384 or P-521, or RSA of ${RSA_BITS_MIN} bits or more`,
  )
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) =>
    name === '0:0:0:0:0:0:0:1' ? '::1' : name,
  )
}

function matches(leaf: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined
}
