/** What lock files and lists of Python packages pin. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

export interface Locked {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly link?: boolean
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Path in node_modules → what the lock says of it; the project itself has the path ''. */
export type Lock = ReadonlyMap<string, Locked>

export function readWholeLock(file: string): Lock {
  const { packages } = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>
  }
  return new Map(Object.entries(packages))
}

/** Without the project itself. */
export function readLock(file: string): Lock {
  return new Map([...readWholeLock(file)].filter(([path]) => path !== ''))
}

/** From the root of the repository. */
export function lockFiles(): readonly string[] {
  return [
    'package-lock.json',
    ...globSync('services/*/package-lock.json', { cwd: ROOT }).toSorted(),
  ]
}

/** Python packages of services. */
export function requirementFiles(): readonly string[] {
  return globSync('services/*/requirements.txt', { cwd: ROOT }).toSorted()
}

/** Wheels that bring Envoy and Valkey. */
export function wheelFiles(): readonly string[] {
  return globSync('cli/embedded/wheels-*.txt', { cwd: ROOT }).toSorted()
}

/** `name`: as the index compares names. */
export interface PythonPin {
  readonly name: string
  readonly version: string
  /** SHA-256 of each file that may be installed. */
  readonly hashes: readonly string[]
}

export function readPythonPins(file: string): readonly PythonPin[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\\\n/g, ' ').split('\n')
  return lines.flatMap((line) => {
    const [, name, version] = /^([A-Za-z0-9][\w.-]*)==([^\s;]+)/.exec(line) ?? []
    if (name === undefined || version === undefined) return []
    const hashes = [...line.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, hash = '']) => hash)
    return [{ name: name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version, hashes }]
  })
}

/** Lists of packages say no licence: this is what was read in what they install (SPDX). */
export function readPythonLicences(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'python-licences.json'), 'utf8'))
}
