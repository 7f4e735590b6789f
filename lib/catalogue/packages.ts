/**
 * Packages that a service brings along apart from the project's own install: which files pin them, and
 * where they lie. Whoever installs and whoever starts ask here, so that both mean the same folder.
 */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accountCache } from '../platform/account-cache.ts'
import type { Environment } from '../platform/environment.ts'

export type PackageKind = 'pypi' | 'npm'

export interface PackageInstall {
  readonly kind: PackageKind
  /** As its registry calls it. */
  readonly package: string
  /** Absolute path of the folder whose files pin it and all that it needs. */
  readonly pins: string
  /** Absolute path of where it lies, or will: the same pins always give the same folder. */
  readonly folder: string
  /** Absolute path of its program below `folder`. */
  readonly program: string
}

/** What pins a package; the key of an install is made of nothing else. */
export const PIN_FILES = {
  pypi: ['requirements.txt'],
  npm: ['package.json', 'package-lock.json'],
} as const satisfies Readonly<Record<PackageKind, readonly string[]>>

const WRITE_PINS = {
  pypi: 'write it with: uv pip compile --universal --generate-hashes requirements.in -o requirements.txt',
  npm: 'write it with: npm install --package-lock-only',
} as const

/** Where installs lie beside each other, unless `GATEWAY_PACKAGES_DIR` says otherwise. */
export function packagesFolder(environment: Environment): string {
  return join(accountCache(environment), 'services')
}

export interface WantedPackage {
  readonly kind: PackageKind
  readonly package: string
  /** What its program is called; undefined: as the package, without its scope. */
  readonly bin: string | undefined
  readonly pins: string
  /** As `packagesFolder` tells it. */
  readonly packages: string
}

/** Whether `folder` pins a package of this kind: one from npm may be the project's own dependency instead. */
export function hasPins(kind: PackageKind, folder: string): boolean {
  return PIN_FILES[kind].every((file) => existsSync(join(folder, file)))
}

/** Reads the pins; nothing else is touched, and nothing needs to be installed. */
export function toPackageInstall(
  wanted: WantedPackage,
): { readonly install: PackageInstall } | { readonly fault: string } {
  const { kind, pins } = wanted
  const contents: string[] = []
  for (const file of PIN_FILES[kind]) {
    try {
      contents.push(readFileSync(join(pins, file), 'utf8'))
    } catch {
      return { fault: `${kind}: ${join(pins, file)} cannot be read: ${WRITE_PINS[kind]}` }
    }
  }
  if (!isPinned(wanted, contents[0] ?? '')) {
    const [file] = PIN_FILES[kind]
    return { fault: `${kind}: ${join(pins, file)} does not pin ${wanted.package}` }
  }
  const name = wanted.package.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/^-/, '')
  const folder = join(wanted.packages, `${name}-${keyOf(contents)}`)
  const program = join(folder, PROGRAM_FOLDERS[kind], programName(wanted))
  return { install: { kind, package: wanted.package, pins, folder, program } }
}

const PROGRAM_FOLDERS = { pypi: 'bin', npm: 'node_modules/.bin' } as const

/** The name by which it is found on the PATH of a container that has it. */
export function programName({
  package: name,
  bin,
}: Pick<WantedPackage, 'package' | 'bin'>): string {
  return bin ?? name.slice(name.lastIndexOf('/') + 1)
}

/** What is fetched differs between machines that share a folder. */
function keyOf(contents: readonly string[]): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const content of contents) hash.update(`\0${content}`)
  return hash.digest('hex').slice(0, 16)
}

function isPinned({ kind, package: name }: WantedPackage, content: string): boolean {
  if (kind === 'npm') return content.includes(`"${name}"`)
  const pinned = [...content.matchAll(/^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==/gm)]
  return pinned.some(([, one = '']) => normalize(one) === normalize(name))
}

/** Names of Python packages are alike whatever their case and separators (PEP 503). */
function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
}
