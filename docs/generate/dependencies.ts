/** docs/dependencies.md: what runs with the gateway, why, under which licence; what is pinned, and how. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REASONS } from './dependency-reasons.ts'
import { code, GENERATED, page, table } from './markdown.ts'
import { ROOT } from './source.ts'

/** Folders whose code runs; what tests, benchmarks and pages import does not. */
const ROOMS = 'lib ext-authz oauth-server mcp-bridge services envoy certs cli proto'.split(' ')

interface Locked {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly link?: boolean
}

/** Path in node_modules → what package-lock.json says, without the project itself. */
export function readLock(file: string): ReadonlyMap<string, Locked> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>
  }
  return new Map(Object.entries(packages).filter(([path]) => path !== ''))
}

export function runtimeDependencies(): readonly string[] {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  return Object.keys(dependencies)
}

/** The rooms that import a package. */
export function usersOf(name: string): readonly string[] {
  return ROOMS.filter((room) => importsOf(room).has(name))
}

const imported = new Map<string, ReadonlySet<string>>()

function importsOf(room: string): ReadonlySet<string> {
  let names = imported.get(room)
  if (names === undefined) {
    const files = globSync(`${room}/**/*.{ts,mjs}`, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    names = new Set(files.flatMap((file) => packagesIn(readFileSync(join(ROOT, file), 'utf8'))))
    imported.set(room, names)
  }
  return names
}

function packagesIn(source: string): string[] {
  const found = source.matchAll(/(?:from |import\(?\s*)['"]((?:@[\w.-]+\/)?[\w.-]+)/g)
  return [...found].map(([, name = '']) => name)
}

export function dependenciesPage(): string {
  const lock = readLock('package-lock.json')
  const rows = runtimeDependencies().map((name) => {
    const { version = '', license = '' } = lock.get(`node_modules/${name}`) ?? {}
    return [code(name), version, license, usersOf(name).join(', ') || '–', REASONS[name] ?? '']
  })
  return page(
    GENERATED,
    '# Dependencies',
    'What runs with the gateway, each with its reason. Tools of the development are in `package.json`.',
    table(['package', 'version', 'licence', 'used by', 'reason'], rows),
    '## What is pinned, and how',
    PINNED,
    '## Licences of everything that runs',
    table(['licence', 'packages'], licenseRows(lock)),
  )
}

const PINNED = `- npm packages: \`package-lock.json\`, here and in each service that has its own, with a SHA-512 of each.
- Python services: \`services/*/requirements.txt\`, with SHA-256, installed by \`--require-hashes\`.
- Envoy and Valkey: \`cli/embedded/wheels-*.txt\`, with SHA-256. What \`ENVOY_BIN\` or the PATH names is your own.
- Images: by version; \`gateway outdated\` tells what is newer.

A bill of materials in CycloneDX: \`npm sbom --omit dev --sbom-format cyclonedx\`. Known faults: \`npm audit --omit dev\`.`

function licenseRows(lock: ReadonlyMap<string, Locked>): string[][] {
  const running = [...lock.values()].filter(({ dev }) => dev !== true)
  const groups = Map.groupBy(running, ({ license = 'none' }) => license)
  return [...groups]
    .toSorted(
      ([left, ours], [right, theirs]) => theirs.length - ours.length || (left < right ? -1 : 1),
    )
    .map(([license, packages]) => [license, String(packages.length)])
}
