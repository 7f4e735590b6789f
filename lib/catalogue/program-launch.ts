/** A program to start: which one it is, where it lies, and what stands between it and the network. */

import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { hasPins, type PackageInstall, programName, toPackageInstall } from './packages.ts'
import type { ServiceDefinition } from './service-definition.ts'

/**
 * Templates in its texts are expanded at launch: see templates.ts.
 * `stdio`: speaks MCP on stdin and stdout. `native`: one of ours, serves Streamable HTTP on the
 * unix socket that its environment names.
 */
export interface ProgramLaunch {
  readonly kind: 'stdio' | 'native'
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
}

export interface ProgramPlace {
  /** Relative paths are from here. */
  readonly folder: string
  /** Where files may lie that pin its package. */
  readonly pins: string
  /** Where such packages are installed. */
  readonly packages: string
}

export type ProgramReading =
  | {
      readonly launch: ProgramLaunch
      /** What has to be there before; undefined when nothing has, or a runner has it. */
      readonly install: PackageInstall | undefined
    }
  | { readonly fault: string }

interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly install?: PackageInstall
}

const ROOT = join(import.meta.dirname, '../..')

/** Of a definition that has one of `command`, `npm`, `pypi` and `native`. */
export function toProgramLaunch(
  definition: ServiceDefinition,
  place: ProgramPlace,
): ProgramReading {
  const program = findProgram(definition, place)
  if ('fault' in program) return program
  const { command, args, cwd = definition.cwd, install } = program
  const own = { command, args: [...args, ...(definition.args ?? [])] }
  return {
    launch: {
      kind: definition.native === undefined ? 'stdio' : 'native',
      ...(definition.egress === undefined ? own : guarded(own, definition)),
      env: definition.env ?? {},
      cwd,
    },
    install,
  }
}

function findProgram(
  definition: ServiceDefinition,
  place: ProgramPlace,
): Program | { fault: string } {
  const { command, npm, pypi, native = '', runner } = definition
  if (command !== undefined) return commandProgram(command, definition, place)
  if (pypi !== undefined) return packageProgram('pypi', pypi, definition, place)
  if (npm === undefined) {
    // Elsewhere this project lies where it lies here; Node may not.
    const node = runner === undefined ? process.execPath : 'node'
    return { command: node, args: [join(place.folder, native)] }
  }
  // Where a runner starts it, nobody asks how it came there.
  if (runner !== undefined || hasPins('npm', place.pins)) {
    return packageProgram('npm', npm, definition, place)
  }
  return dependencyProgram(npm, definition.bin)
}

/** Relative paths are meant from the file they stand in, so that is where the program runs. */
function commandProgram(
  command: string,
  { cwd = '.', runner }: ServiceDefinition,
  { folder }: ProgramPlace,
): Program {
  // What a runner program starts it finds where that program is.
  if (runner !== undefined) return { command, args: [] }
  return {
    command: /^\.{1,2}\//.test(command) ? resolve(folder, command) : command,
    args: [],
    cwd: toPath(cwd, folder),
  }
}

/** Elsewhere its name is on the PATH; here it is run by path, by the interpreter it was installed for. */
function packageProgram(
  kind: 'pypi' | 'npm',
  name: string,
  { bin, script, runner }: ServiceDefinition,
  { folder, pins, packages }: ProgramPlace,
): Program | { fault: string } {
  if (runner !== undefined) return { command: programName({ package: name, bin }), args: [] }
  const wanted = { kind, package: name, pins, packages }
  const reading = toPackageInstall({ ...wanted, bin: script === undefined ? bin : PYTHON })
  if ('fault' in reading) return reading
  const { install } = reading
  const interpreter = kind === 'npm' ? process.execPath : join(install.folder, 'bin', PYTHON)
  const program = script === undefined ? install.program : join(folder, script)
  return { command: interpreter, args: [program], install }
}

const PYTHON = 'python'

/** A dependency of this project, run by this Node: never through `npx`. */
function dependencyProgram(npm: string, name: string | undefined): Program | { fault: string } {
  const manifest = join(ROOT, 'node_modules', npm, 'package.json')
  try {
    const { bin = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      bin?: string | Record<string, string>
    }
    const file = typeof bin === 'string' ? bin : bin[name ?? Object.keys(bin)[0] ?? '']
    if (file === undefined)
      return { fault: `npm package ${npm} has no program ${name ?? ''}`.trim() }
    return { command: process.execPath, args: [join(dirname(manifest), file)] }
  } catch {
    return { fault: `npm package ${npm} is not installed: run npm install ${npm}` }
  }
}

/** By its name on the PATH of a container, which knows where the way out is. */
const GUARD_ELSEWHERE = 'mcp-guard'

/** Behind the program that lets it reach public addresses only: services/guard. */
function guarded(
  { command, args }: Pick<ProgramLaunch, 'command' | 'args'>,
  { runner }: ServiceDefinition,
): Pick<ProgramLaunch, 'command' | 'args'> {
  const behind = ['--', command, ...args]
  if (runner !== undefined) return { command: GUARD_ELSEWHERE, args: behind }
  return { command: process.execPath, args: [join(ROOT, 'services/guard/main.ts'), ...behind] }
}

/** An absolute path; one that begins with a template is taken as it is. */
export function toPath(text: string, folder: string): string {
  return text.startsWith('$') ? text : resolve(folder, text)
}
