/** Where Envoy's certificate chain and key are expected, and what is missing there. */

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

export interface CertificateFiles {
  readonly chain: string
  readonly key: string
}

export function certificateFiles(stateDirectory: string): CertificateFiles {
  const folder = join(stateDirectory, 'certs/live')
  return { chain: join(folder, 'fullchain.pem'), key: join(folder, 'privkey.pem') }
}

/** One sentence saying what a gateway on HTTPS lacks, or undefined when nothing. */
export function missingCertificate(stateDirectory: string): string | undefined {
  const { chain, key } = certificateFiles(stateDirectory)
  const missing = [chain, key].filter((path) => !isReadable(path))
  if (missing.length === 0) return undefined
  const are = missing.length === 1 ? 'is' : 'are'
  return `PUBLIC_URL is https, but ${missing.join(' and ')} ${are} not there or not readable.`
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
