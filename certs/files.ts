/** Where certificates lie below the state directory, and reading a pair from any of the layouts. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Pair, PairFault, toPair } from './pair.ts'

/** What the room keeps, below its folder. */
export const FOLDERS = {
  /** Of the operator: `fullchain.pem` and `privkey.pem`. */
  own: 'live',
  /** What Envoy reads; nobody else writes there. */
  served: 'served',
  authority: 'authority',
  acme: 'acme',
} as const

export const AUTHORITY_CERTIFICATE = join(FOLDERS.authority, 'ca.pem')

export function certificateFolder(stateDirectory: string): string {
  return join(stateDirectory, 'certs')
}

export interface CertificateFiles {
  readonly chain: string
  readonly key: string
}

/** As cert-manager and Kubernetes name them, and as ACME clients do. */
const LAYOUTS = [
  ['tls.crt', 'tls.key'],
  ['fullchain.pem', 'privkey.pem'],
] as const

/** The files of the first layout that is there; of the last when none is. */
export function certificateFiles(folder: string): CertificateFiles {
  const [kubernetes, acme] = LAYOUTS
  const [chain, key] = kubernetes.some((name) => existsSync(join(folder, name))) ? kubernetes : acme
  return { chain: join(folder, chain), key: join(folder, key) }
}

/** @throws PairFault when something is missing or wrong. */
export function readPair(folder: string): Pair {
  const { chain, key } = certificateFiles(folder)
  const missing = [chain, key].filter((path) => !existsSync(path))
  if (missing.length > 0) {
    throw new PairFault(`${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not there`)
  }
  return toPair(readText(chain), readText(key))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new PairFault(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
