/** A certificate chain and its key: whether they belong together, for which names, until when. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { Secret } from '../lib/platform/secret.ts'

export interface Pair {
  /** PEM: the certificate, then its intermediates, and nothing else that stood in the text. */
  readonly chain: string
  /** PEM, PKCS #8. */
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

const BEGIN = '-----BEGIN CERTIFICATE-----'
const ONE_CERTIFICATE = new RegExp(`${BEGIN}[^-]+-----END CERTIFICATE-----`, 'g')
/** Envoy takes no other curves, and no shorter RSA keys. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']
const RSA_BITS_MIN = 2048

/**
 * Both as they were understood, not as they were written: Envoy refuses a byte order mark, words before a
 * block on its line, or a block that is cut off, where the parser here passes over them.
 * @throws PairFault when Envoy could not serve it.
 */
export function toPair(chain: string, key: string): Pair {
  const certificates = parseChain(chain)
  const [leaf] = certificates
  if (leaf === undefined) throw new PairFault('the certificate file holds no PEM certificate')
  const privateKey = parseKey(key)
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new PairFault('certificate and key do not belong together')
  }
  requireServable(privateKey)
  const names = namesOf(leaf)
  return {
    chain: certificates.map(String).join(''),
    key: new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    names,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    covers: (name) => names.includes(name) || matches(leaf, name),
  }
}

function parseChain(text: string): X509Certificate[] {
  const blocks = text.match(ONE_CERTIFICATE) ?? []
  const begun = text.split(BEGIN).length - 1
  if (begun === blocks.length) return blocks.map(parseCertificate)
  throw new PairFault(
    `the certificate file is not whole: of ${begun} certificates in it ${blocks.length} can be read to the end`,
  )
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
