/** docs/dependencies.md: what runs with the gateway, why, under which licence; what is pinned, and how. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lock, readLock } from '../../deploy/supply-chain/locked.ts'
import { REASONS } from './dependency-reasons.ts'
import { code, GENERATED, page, table } from './markdown.ts'
import { ROOT } from './source.ts'

/** Folders whose code runs; what tests, benchmarks and pages import does not. */
const ROOMS = 'lib ext-authz oauth-server mcp-bridge services envoy certs cli proto'.split(' ')

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

/** Everything from elsewhere that some room imports. */
export function importedPackages(): readonly string[] {
  const all = ROOMS.flatMap((room) => [...importsOf(room)])
  return [...new Set(all)].filter((name) => !name.startsWith('.')).toSorted()
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
    'Of Python packages, Envoy and Valkey: `deploy/supply-chain/python-licences.json`. A test keeps both to a list of licences that ask for no more\nthan their mention, and for Python, whose packages are passed on as they are, MPL-2.0 beside them.',
  )
}

const PINNED = `- npm packages: \`package-lock.json\`, here and in each service that has its own, with a SHA-512 of each.
- Python services: \`services/*/requirements.txt\`, with SHA-256, installed by \`--require-hashes\`.
- Envoy and Valkey: \`cli/embedded/wheels-*.txt\`, with SHA-256. What \`ENVOY_BIN\` or the PATH names is your own.
- Images: by version; \`gateway outdated\` tells what is newer.

A test keeps all of this: no range in a \`package.json\`, no entry without its hash, no image without a version.

## Bill of materials

<!-- not run: for whoever looks at this repository -->
\`\`\`sh
npm run sbom
\`\`\`

writes \`.gateway/sbom.cdx.json\` (\`npm run sbom -- FILE\`): CycloneDX 1.6, of all npm packages that run and which needs which, Python packages,
Envoy and Valkey, and images, each with its version, its hashes (images have none) and where it is pinned. It asks nobody.

## Known faults

<!-- not run: asks data bases on the internet -->
\`\`\`sh
npm run audit
\`\`\`

asks \`npm audit\` about each lock, and [pip-audit](https://github.com/pypa/pip-audit) (\`PIP_AUDIT_BIN\`, or on the PATH) about each list of
Python packages. A known fault ends it with 1, unless \`deploy/supply-chain/audit/exceptions.json\` has it, with a reason and a last day
(\`[{ "id": "GHSA-…", "reason": "…", "until": "2027-01-31" }]\`). What nobody answered is told as such and ends it with 2: it is not clean.

Images are scanned once they are built, by a scanner that you have; none was run for these pages:

<!-- not run: needs Docker, Trivy and its data base -->
\`\`\`sh
for image in $(docker compose config --images | sort -u); do
  trivy image --severity HIGH,CRITICAL --exit-code 1 "$image"
done
\`\`\``

function licenseRows(lock: Lock): string[][] {
  const running = [...lock.values()].filter(({ dev }) => dev !== true)
  const groups = Map.groupBy(running, ({ license = 'none' }) => license)
  return [...groups]
    .toSorted(
      ([left, ours], [right, theirs]) => theirs.length - ours.length || (left < right ? -1 : 1),
    )
    .map(([license, packages]) => [license, String(packages.length)])
}
