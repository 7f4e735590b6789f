/** Where the certificate comes from: the operator's files, an ACME authority, or our own for development. */

import { join, resolve } from 'node:path'
import type { Addresses } from '../lib/catalogue/addresses.ts'
import {
  type Environment,
  flag,
  optional,
  readEnvironment,
  text,
} from '../lib/platform/environment.ts'
import { certificateFolder, FOLDERS } from './files.ts'

export type CertificateSource =
  | { readonly kind: 'own'; readonly folder: string }
  | { readonly kind: 'development' }
  | { readonly kind: 'acme'; readonly challenge: 'http' | 'dns' }

export const SOURCE_VARIABLES = {
  /** Ours for development: what `--tls` sets. */
  GATEWAY_TLS: optional(flag, false),
  /** Holds the operator's pair; a Secret that cert-manager fills may be mounted there. */
  TLS_CERTIFICATE_FOLDER: optional(text, undefined),
  ACME_EMAIL: optional(text, undefined),
  ACME_DNS_PROVIDER: optional(text, undefined),
}

export interface Place {
  readonly addresses: Pick<Addresses, 'secure' | 'loopback'>
  readonly stateDirectory: string
  readonly workingDirectory: string
}

/** What was said most expressly counts. Undefined without TLS. */
export function chooseSource(
  { addresses, stateDirectory, workingDirectory }: Place,
  environment: Environment,
): CertificateSource | undefined {
  const values = readEnvironment(SOURCE_VARIABLES, environment)
  const folder = values.TLS_CERTIFICATE_FOLDER
  if (!addresses.secure) return undefined
  if (values.GATEWAY_TLS) return { kind: 'development' }
  if (folder !== undefined) return { kind: 'own', folder: resolve(workingDirectory, folder) }
  // No authority certifies a name that means this machine.
  if (values.ACME_EMAIL !== undefined && !addresses.loopback) {
    return { kind: 'acme', challenge: values.ACME_DNS_PROVIDER === undefined ? 'http' : 'dns' }
  }
  return { kind: 'own', folder: join(certificateFolder(stateDirectory), FOLDERS.own) }
}
