/** What there is to say of the certificate: the files, what is really served, and how it is renewed. */

import { X509Certificate } from 'node:crypto'
import type { CertificateStatus } from '../../certs/status.ts'
import { type CertificateFacts, isChain, toFacts } from './facts.ts'
import type { Handshake } from './handshake.ts'

/** The wire shape that `gateway ssl --json` prints. */
export interface SslReport {
  readonly ok: boolean
  /** What is wrong, in words; empty when nothing is. */
  readonly problems: readonly string[]
  /** Null for a server that is not ours. */
  readonly renewal: Renewal | null
  readonly files: FilesFacts | null
  /** What Envoy says that it has loaded; null where it cannot be asked. */
  readonly loaded: readonly LoadedCertificate[] | null
  /** By the name that was asked for. */
  readonly served: readonly ServedFacts[]
}

export interface LoadedCertificate {
  /** In hexadecimal, capital letters. */
  readonly serial: string
  readonly not_after: string
}

export interface Renewal {
  readonly source: CertificateStatus['source']
  readonly placeholder: boolean
  /** When the next one is asked for, null where somebody else does it. */
  readonly next_attempt: string | null
  readonly fault: string | null
}

export interface FilesFacts {
  readonly folder: string
  readonly chain: readonly CertificateFacts[]
  /** Each is signed by the next one. */
  readonly chain_fits: boolean
  /** Null where the key is out of sight. */
  readonly key_matches: boolean | null
}

export interface ServedFacts {
  readonly name: string
  readonly port: number
  /** Null where no handshake came about. */
  readonly certificate: CertificateFacts | null
  readonly protocol: string | null
  /** How many certificates came with it. */
  readonly chain_length: number
  /** Null when a client would trust it. */
  readonly fault: string | null
  /** Null where there are no files to compare with. */
  readonly same_as_files: boolean | null
}

export interface ServedAsked {
  readonly name: string
  readonly port: number
  /** An error where none came about. */
  readonly handshake: Handshake | Error
}

export interface FilesRead {
  readonly folder: string
  /** PEM, all of it. */
  readonly chain: string
  readonly keyMatches: boolean | null
}

export interface SslFacts {
  readonly status: CertificateStatus | undefined
  readonly files: FilesRead | undefined
  readonly loaded: readonly LoadedCertificate[] | undefined
  readonly served: readonly ServedAsked[]
  /** What could not be asked, in words with what to do. */
  readonly faults: readonly string[]
  readonly days: number
  readonly now: number
}

const ONE_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

export function toSslReport(facts: SslFacts): SslReport {
  const { status, files, loaded, served, faults, days, now } = facts
  const chain = [...(files?.chain.match(ONE_CERTIFICATE) ?? [])].map(
    (pem) => new X509Certificate(pem),
  )
  const filesFacts = files && {
    folder: files.folder,
    chain: chain.map((one) => toFacts(one, now)),
    chain_fits: isChain(chain),
    key_matches: files.keyMatches,
  }
  const servedFacts = served.map((one) => toServed(one, chain[0], now))
  const problems = [
    ...(status?.placeholder === true ? ['a placeholder is served, which no client trusts'] : []),
    ...(status?.fault == null ? [] : [`no newer one: ${status.fault}`]),
    ...faults,
    ...filesProblems(filesFacts),
    ...loadedProblems(filesFacts, loaded),
    ...servedFacts.flatMap((one) => servedProblems(one, days)),
  ]
  return {
    ok: problems.length === 0,
    problems,
    renewal: status === undefined ? null : toRenewal(status),
    files: filesFacts ?? null,
    loaded: loaded ?? null,
    served: servedFacts,
  }
}

function toRenewal({ source, placeholder, next_attempt, fault }: CertificateStatus): Renewal {
  return { source, placeholder, next_attempt, fault }
}

function toServed(
  { name, port, handshake }: ServedAsked,
  own: X509Certificate | undefined,
  now: number,
): ServedFacts {
  if (handshake instanceof Error) {
    const fault = (handshake as NodeJS.ErrnoException).code ?? handshake.message
    const none = { certificate: null, protocol: null, chain_length: 0, same_as_files: null }
    return { name, port, ...none, fault }
  }
  const { chain, protocol, fault } = handshake
  const [leaf] = chain
  return {
    name,
    port,
    certificate: leaf === undefined ? null : toFacts(leaf, now),
    protocol,
    chain_length: chain.length,
    fault,
    same_as_files: own === undefined ? null : own.fingerprint256 === leaf?.fingerprint256,
  }
}

function filesProblems(files: FilesFacts | undefined): string[] {
  if (files === undefined) return []
  return [
    ...(files.chain.length === 0 ? [`${files.folder} holds no certificate`] : []),
    ...(files.chain_fits ? [] : ['the certificates of the file do not sign each other in order']),
    ...(files.key_matches === false ? ['certificate and key do not belong together'] : []),
  ]
}

function loadedProblems(
  files: FilesFacts | undefined,
  loaded: readonly LoadedCertificate[] | undefined,
): string[] {
  const [leaf] = files?.chain ?? []
  if (leaf === undefined || loaded === undefined) return []
  return loaded.some(({ serial }) => serial === leaf.serial)
    ? []
    : ['Envoy has not loaded the certificate of the files']
}

function servedProblems(served: ServedFacts, days: number): string[] {
  const { name, certificate, fault, same_as_files } = served
  const left = certificate?.days_left ?? 0
  return [
    ...(fault === null ? [] : [`${name}: ${FAULT_WORDS[fault] ?? fault}`]),
    ...(same_as_files === false
      ? [`${name}: another certificate is served than the files hold`]
      : []),
    ...(fault === null && left < days ? [`${name}: it ends in ${left} days`] : []),
  ]
}

/** What OpenSSL says, for people. */
const FAULT_WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate begins later than now',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is not for this name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate signs itself: nobody trusts it',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is signed by an authority that nobody knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the authority is not known, or its intermediate certificates are not sent',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it is signed by an authority that nobody knows',
  ECONNREFUSED: 'nobody listens there',
  ERR_SSL_WRONG_VERSION_NUMBER: 'that port does not speak TLS',
}
