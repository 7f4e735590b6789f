/** The entry that starts a package in one exact version, with the tools that people have: npx, uvx or pipx. */

import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { findOnPath } from '../../lib/platform/find-on-path.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { FoundPackage } from './package-lookup.ts'

export interface PackageWishes {
  /** Its program, where it is not called like the package. */
  readonly bin: string | undefined
  /** For the program itself. */
  readonly args: readonly string[]
}

type Command = Required<Pick<ServiceDefinition, 'command' | 'args'>>

/** @throws CliError when the program cannot be told, or nothing here can start it. */
export function toPackageEntry(
  found: FoundPackage,
  { bin, args }: PackageWishes,
  environment: Environment,
): Command {
  const { registry, name, version } = found
  if (registry === 'pypi') return pythonEntry({ name, version, bin, args }, environment)
  const pinned = `${name}@${version}`
  const program = bin ?? findProgram(found)
  // With one program, or one of the package's name, npx knows which is meant.
  const chosen = bin === undefined && program === undefined ? [pinned] : ['-p', pinned, program]
  return { command: 'npx', args: ['-y', ...chosen.filter((one) => one !== undefined), ...args] }
}

/** Undefined: npx finds it by itself. */
function findProgram({ name, version, programs = [] }: FoundPackage): string | undefined {
  const own = name.replace(/^@[^/]*\//, '')
  if (programs.length === 1 || programs.includes(own)) return undefined
  if (programs.length === 0) {
    throw new CliError(`${name} ${version} has no program that could be started.`, {
      nextStep: 'look into its README: it may be a library, or have another name',
    })
  }
  throw new CliError(`${name} has several programs: ${programs.join(', ')}.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: `--bin ${programs[0]}`,
  })
}

interface PythonProgram {
  readonly name: string
  readonly version: string
  readonly bin: string | undefined
  readonly args: readonly string[]
}

function pythonEntry(
  { name, version, bin, args }: PythonProgram,
  environment: Environment,
): Command {
  const pinned = `${name}==${version}`
  if (findOnPath('uvx', environment) !== undefined) {
    const chosen = bin === undefined ? [pinned] : ['--from', pinned, bin]
    return { command: 'uvx', args: [...chosen, ...args] }
  }
  if (findOnPath('pipx', environment) !== undefined) {
    return { command: 'pipx', args: ['run', '--spec', pinned, bin ?? name, ...args] }
  }
  throw new CliError('A package from PyPI is started by uvx or pipx, and neither is on the PATH.', {
    nextStep: 'install uv: https://docs.astral.sh/uv/, or pip install uv',
  })
}
