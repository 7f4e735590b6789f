/** Which version of a package is meant, asked through the registries' ordinary clients: their settings and mirrors count. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../lib/platform/environment.ts'
import { findOnPath } from '../../lib/platform/find-on-path.ts'
import { CliError } from '../cli-error.ts'
import { type Run, runQuietly } from '../embedded/run-quietly.ts'
import type { PackageReference, Registry } from './reference.ts'

export interface FoundPackage {
  readonly registry: Registry
  readonly name: string
  /** Exact. */
  readonly version: string
  /** Its programs; undefined where the registry does not say. */
  readonly programs: readonly string[] | undefined
}

export interface PackageLookup {
  /**
   * Undefined: there is no such package, or no such version.
   * @throws CliError when the registry cannot be asked.
   */
  find(reference: PackageReference): Promise<FoundPackage | undefined>
}

const ASK_MS_MAX = 60_000

export function createPackageLookup(environment: Environment): PackageLookup {
  return {
    find: (reference) =>
      reference.registry === 'npm'
        ? askNpm(reference, environment)
        : askPyPi(reference, environment),
  }
}

async function askNpm(
  { name, version = 'latest' }: PackageReference,
  environment: Environment,
): Promise<FoundPackage | undefined> {
  const view = async (wanted: string, field: string): Promise<unknown> =>
    readNpmView(
      await runQuietly(['npm', 'view', '--json', `${name}@${wanted}`, field], environment, {
        timeoutMs: ASK_MS_MAX,
      }),
    )
  const exact = newestOf(await view(version, 'version'))
  if (exact === undefined) return undefined
  const programs = programsOf(name, await view(exact, 'bin'))
  return { registry: 'npm', name, version: exact, programs }
}

/**
 * What `npm view --json` says; undefined for what is not there.
 * @throws CliError when the registry did not answer.
 */
export function readNpmView({ exitCode, stdout, stderr }: Run): unknown {
  const said = parse(stdout)
  if (exitCode === 0) return said
  const { error } = (said ?? {}) as { error?: { code?: string; summary?: string } }
  if (error?.code === 'E404') return undefined
  throw unanswered('npm', error?.summary ?? stderr)
}

function parse(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const byNumbers = new Intl.Collator('en', { numeric: true })

/** Of a range npm tells all versions that fit, in no order that means something. */
export function newestOf(versions: unknown): string | undefined {
  const all = [versions].flat().filter((version) => typeof version === 'string')
  const releases = all.filter((version) => !version.includes('-'))
  return (releases.length > 0 ? releases : all).sort(byNumbers.compare).at(-1)
}

function programsOf(name: string, bin: unknown): readonly string[] {
  if (typeof bin === 'string') return [name.replace(/^@[^/]*\//, '')]
  return Object.keys(typeof bin === 'object' && bin !== null ? bin : {}).sort()
}

/** uv resolves without installing; pip does too, in a folder that it must be given. */
async function askPyPi(
  reference: PackageReference,
  environment: Environment,
): Promise<FoundPackage | undefined> {
  const { name, version } = reference
  const wanted = version === undefined ? name : `${name}==${version}`
  const folder = mkdtempSync(join(tmpdir(), 'gateway-pip-'))
  try {
    const pip = findOnPath('uv', environment) ? ['uv', 'pip'] : ['python3', '-m', 'pip']
    const [program = '', ...args] = pip
    // Nothing of a stranger's is run to learn its version: a source package would run its own setup.
    const asked = ['--dry-run', '--no-deps', '--only-binary=:all:', '--target', folder, wanted]
    const options = ['install', ...asked]
    const run = await runQuietly([program, ...args, ...options], environment, {
      timeoutMs: ASK_MS_MAX,
    })
    return readPipInstall(run, name)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** uv: ` + name==1.2.3`; pip: `Would install name-1.2.3`. */
export function readPipInstall(
  { exitCode, stdout, stderr }: Run,
  name: string,
): FoundPackage | undefined {
  const said = `${stdout}\n${stderr}`
  if (exitCode !== 0) {
    // pip says that there is no version of anything, too, when it has met nobody.
    if (NO_PACKAGE.test(said) && !NO_CONNECTION.test(said)) return undefined
    throw unanswered('PyPI', said)
  }
  const version =
    /^ \+ \S+?==(\S+)/m.exec(said)?.[1] ?? /^Would install .*-(\d[^-\s]*)\s*$/m.exec(said)?.[1]
  if (version === undefined) throw unanswered('PyPI', said)
  return { registry: 'pypi', name, version, programs: undefined }
}

const NO_CONNECTION = /Retrying \(|NewConnectionError|ConnectTimeout|ProxyError|SSLError/
const NO_PACKAGE =
  /No matching distribution|not found in the package registry|there (?:is|are) no versions? of|No solution found/i

function unanswered(registry: string, said: string): CliError {
  const last = said.trim().split('\n').at(-1) ?? ''
  return new CliError(`${registry} could not be asked${last === '' ? '' : `: ${last}`}`, {
    nextStep: 'check the connection, or name a version and add --no-try',
  })
}
