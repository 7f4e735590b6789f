/** One service, ready to be launched: what a definition means once defaults and paths are known. */

import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type RemoteLaunch, remoteFaults, toRemoteLaunch } from './remote-launch.ts'
import { userSecretFaults } from './secret-names.ts'
import type {
  CallOrder,
  Isolation,
  RevocationMode,
  RootsPolicy,
  ServiceDefinition,
} from './service-definition.ts'
import { spareFaults } from './spare-faults.ts'
import { templateFaults } from './templates.ts'
import { type ToolPolicy, toolFaults, toToolPolicy } from './tool-rules.ts'

export interface Service extends ToolPolicy {
  readonly name: string
  readonly description: string
  readonly launch: Launch
  readonly isolation: Isolation
  readonly roots: RootsPolicy
  /** What `fixed` roots are; templates not yet expanded. */
  readonly rootFolders: readonly string[]
  readonly calls: CallOrder
  readonly limits: ServiceLimits
  /** Processes started ahead of need. */
  readonly spares: number
  /** Run when a process has ended, in its environment; templates not yet expanded. */
  readonly stopCommand: readonly string[] | undefined
  /** Socket of the runner program that hosts its processes; undefined for the bridge itself. */
  readonly runner: string | undefined
  readonly revocation: RevocationMode
  /** Folders to be made before a launch; templates not yet expanded. */
  readonly folders: readonly string[]
  /** `<service>:<name>` → what it allows, in words. The base scope `mcp` is not listed. */
  readonly scopes: Readonly<Record<string, string>>
  /** NAME in `${secret.NAME}` → words for the person who enters it; every other one is the operator's. */
  readonly userSecrets: Readonly<Record<string, string>>
}

export interface ServiceLimits {
  /** How long a process of several sessions outlives the last of them. */
  readonly idleMs: number
  readonly processesPerUser: number
  /** How long a request may be silent; progress begins it anew. */
  readonly callTimeoutMs: number
  /** How long a request may take at all. */
  readonly callCeilingMs: number
  /** The largest message of the server. */
  readonly messageBytes: number
}

export type Launch = ProgramLaunch | RemoteLaunch

/**
 * A program to start. Templates in its texts are expanded at launch: see templates.ts.
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

export type ServiceReading = { readonly service: Service } | { readonly faults: readonly string[] }

/** Turns a definition into a service. Relative paths are from `folder`. */
export function toService(
  name: string,
  definition: ServiceDefinition,
  folder: string,
): ServiceReading {
  const launch = toLaunch(definition, folder)
  const faults = [
    ...('fault' in launch ? [launch.fault] : []),
    ...templateFaults(definition),
    ...rootsFaults(definition),
    ...userSecretFaults(definition),
    ...spareFaults(definition),
    ...remoteFaults(definition),
    ...toolFaults(name, definition),
  ]
  if ('fault' in launch || faults.length > 0)
    return { faults: faults.map((fault) => `${name}: ${fault}`) }
  return {
    service: {
      name,
      description: definition.description ?? '',
      launch,
      isolation: toIsolation(definition),
      roots: definition.roots ?? 'client',
      rootFolders: (definition.rootFolders ?? []).map((one) => toPath(one, folder)),
      calls: definition.calls ?? 'parallel',
      limits: toLimits(definition),
      spares: definition.spares ?? 0,
      stopCommand: definition.stopCommand,
      runner: definition.runner === undefined ? undefined : resolve(folder, definition.runner),
      revocation: definition.revocation ?? 'replicated',
      folders: definition.folders ?? [],
      scopes: toScopes(name, definition.scopes),
      ...toToolPolicy(name, definition),
      userSecrets: definition.userSecrets ?? {},
    },
  }
}

function toScopes(
  name: string,
  scopes: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const entries = Object.entries(scopes)
  return Object.fromEntries(entries.map(([scope, words]) => [`${name}:${scope}`, words]))
}

const MIB = 1024 * 1024

function toLimits(definition: ServiceDefinition): ServiceLimits {
  const { idle = 60, processesPerUser = 64, messageBytes = 32 * MIB } = definition
  const { callTimeout = 300, callCeiling = 3600 } = definition
  return {
    idleMs: idle * 1000,
    processesPerUser,
    callTimeoutMs: callTimeout * 1000,
    // Who allows long silences means it.
    callCeilingMs: Math.max(callTimeout, callCeiling) * 1000,
    messageBytes,
  }
}

/** A native server keeps its callers apart itself. */
function toIsolation({ native, isolation = 'session' }: ServiceDefinition): Isolation {
  return native === undefined ? isolation : 'shared'
}

function toLaunch(definition: ServiceDefinition, folder: string): Launch | { fault: string } {
  const { command, npm, native, url } = definition
  const kinds = [command, npm, native, url].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) return { fault: 'needs exactly one of command, npm, native, url' }
  if (url !== undefined) return toRemoteLaunch(definition)
  const common = { args: definition.args ?? [], env: definition.env ?? {}, cwd: definition.cwd }
  // What a runner program starts it finds where that program is.
  if (command !== undefined && definition.runner !== undefined) {
    return { kind: 'stdio', command, ...common }
  }
  if (command !== undefined) return commandLaunch(command, common, folder)
  if (npm !== undefined) return npmLaunch(npm, common)
  const file = join(folder, native ?? '')
  return { kind: 'native', command: process.execPath, ...common, args: [file, ...common.args] }
}

/** Relative paths are meant from the file they stand in, so that is where the program runs. */
function commandLaunch(
  command: string,
  common: Pick<ProgramLaunch, 'args' | 'env' | 'cwd'>,
  folder: string,
): Launch {
  const { cwd = '.' } = common
  return {
    kind: 'stdio',
    ...common,
    command: /^\.{1,2}\//.test(command) ? resolve(folder, command) : command,
    cwd: toPath(cwd, folder),
  }
}

function toPath(text: string, folder: string): string {
  return text.startsWith('$') ? text : resolve(folder, text)
}

const ROOT = join(import.meta.dirname, '../..')

/** The package's program, by path and run by this Node: never through `npx`. */
function npmLaunch(
  npm: string,
  common: Pick<ProgramLaunch, 'args' | 'env' | 'cwd'>,
): Launch | { fault: string } {
  const manifest = join(ROOT, 'node_modules', npm, 'package.json')
  try {
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      bin?: string | Record<string, string>
    }
    const file = typeof bin === 'string' ? bin : Object.values(bin ?? {})[0]
    if (file === undefined) return { fault: `npm package ${npm} has no program` }
    const args = [join(dirname(manifest), file), ...common.args]
    return { kind: 'stdio', command: process.execPath, ...common, args }
  } catch {
    return { fault: `npm package ${npm} is not installed: run npm install ${npm}` }
  }
}

function rootsFaults({ roots, rootFolders = [] }: ServiceDefinition): string[] {
  if ((roots === 'fixed') === rootFolders.length > 0) return []
  return ['roots: fixed and rootFolders need each other']
}
