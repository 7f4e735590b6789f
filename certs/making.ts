/** Making certificates: an authority that is good for this machine alone, and what it signs. */

// The library's parts find each other through it.
import 'reflect-metadata'
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from '@peculiar/asn1-x509'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** PEM, both. */
export interface Made {
  readonly certificate: string
  readonly key: string
}

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3650
/** Apple's programs refuse more than 825 days, browsers more than 398 of a public one. */
export const LEAF_DAYS = 90
const PLACEHOLDER_DAYS = 30
/** A clock that is a little behind must not refuse what was made just now. */
const EARLIER_MS = 3_600_000

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const COMMON_NAME = 'MCP OAuth Gateway'

export async function makeAuthority(now: number): Promise<Made> {
  const keys = await makeKeys()
  // Each its own name, so that a browser tells several apart.
  const mark = randomBytes(4).toString('hex')
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...common(now, AUTHORITY_DAYS),
    name: `CN=${COMMON_NAME} development authority ${mark}`,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      thisMachineAlone(),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: exportKey(keys.privateKey) }
}

/** `certificate` is the chain without the authority, which whoever trusts it has. */
export async function signLeaf(
  authority: Made,
  names: readonly string[],
  now: number,
): Promise<Made> {
  const issuer = new X509Certificate(authority.certificate)
  const keys = await makeKeys()
  const certificate = await X509CertificateGenerator.create({
    ...common(now, LEAF_DAYS),
    subject: `CN=${COMMON_NAME} on this machine`,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: importKey(authority.key),
    extensions: [
      ...forServers(names),
      await AuthorityKeyIdentifierExtension.create(issuer),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: exportKey(keys.privateKey) }
}

/** Served while there is nothing better; nobody trusts it. */
export async function makePlaceholder(names: readonly string[], now: number): Promise<Made> {
  const keys = await makeKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...common(now, PLACEHOLDER_DAYS),
    name: `CN=${COMMON_NAME} placeholder`,
    keys,
    extensions: forServers(names),
  })
  return { certificate: certificate.toString('pem'), key: exportKey(keys.privateKey) }
}

function common(now: number, days: number) {
  return {
    // Positive, and never the same twice: 16 bytes with the first bit unset.
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    notBefore: new Date(now - EARLIER_MS),
    notAfter: new Date(now + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
  }
}

function forServers(names: readonly string[]): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(
      names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
    ),
  ]
}

/** Whoever steals this authority's key can pretend to be no other machine (RFC 5280 section 4.2.1.10). */
function thisMachineAlone(): Extension {
  const permitted = [
    { dNSName: 'localhost' },
    { iPAddress: '127.0.0.1/32' },
    { iPAddress: '::1/128' },
  ]
  const constraints = new NameConstraints({
    permittedSubtrees: new GeneralSubtrees(
      permitted.map((name) => new GeneralSubtree({ base: new GeneralName(name) })),
    ),
  })
  return new Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraints))
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function exportKey(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString()
}

function importKey(pem: string): webcrypto.CryptoKey {
  return createPrivateKey(pem).toCryptoKey(ALGORITHM, false, ['sign'])
}
