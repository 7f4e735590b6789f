/** One service, ready to be launched: what a definition means once defaults and paths are known. */

import { resolve } from 'node:path'
import { type PackageInstall, packagesFolder } from './packages.ts'
import { type ProgramLaunch, type ProgramPlace, toPath, toProgramLaunch } from './program-launch.ts'
import { type RemoteLaunch, remoteFaults, toRemoteLaunch } from './remote-launch.ts'
import { userSecretFaults } from './secret-names.ts'
import {
  type CallOrder,
  type Isolation,
  LAUNCH_KINDS,
  type RevocationMode,
  type RootsPolicy,
  type ServiceDefinition,
} from './service-definition.ts'
import { spareFaults } from './spare-faults.ts'
import { templateFaults } from './templates.ts'
import { type ToolPolicy, toolFaults, toToolPolicy } from './tool-rules.ts'

export interface Service extends ToolPolicy {
  readonly name: string
  readonly description: string
  readonly launch: Launch
  /** What has to be installed before it can be started here. */
  readonly install: PackageInstall | undefined
  /** Programs that have to be on the PATH of whoever starts it. */
  readonly requires: readonly string[]
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

export type ServiceReading = { readonly service: Service } | { readonly faults: readonly string[] }

/** Where the packages of a service are pinned, and where they are installed. */
export type PackagePlace = Pick<ProgramPlace, 'pins' | 'packages'>

/** Turns a definition into a service. Relative paths are from `folder`. */
export function toService(
  name: string,
  definition: ServiceDefinition,
  folder: string,
  place: PackagePlace = { pins: folder, packages: packagesFolder({}) },
): ServiceReading {
  const reading = toLaunch(definition, { folder, ...place })
  const faults = [
    ...('fault' in reading ? [reading.fault] : []),
    ...kindFaults(definition),
    ...templateFaults(definition),
    ...rootsFaults(definition),
    ...userSecretFaults(definition),
    ...spareFaults(definition),
    ...remoteFaults(definition),
    ...toolFaults(name, definition),
  ]
  if ('fault' in reading || faults.length > 0)
    return { faults: faults.map((fault) => `${name}: ${fault}`) }
  const { launch, install } = reading
  return { service: { name, launch, install, ...toSettings(name, definition, folder) } }
}

/** What does not depend on how it is started, with the defaults. */
function toSettings(
  name: string,
  definition: ServiceDefinition,
  folder: string,
): Omit<Service, 'name' | 'launch' | 'install'> {
  const { description = '', requires = [], folders = [], rootFolders = [], spares = 0 } = definition
  const { roots = 'client', calls = 'parallel', revocation = 'replicated' } = definition
  const { runner, stopCommand, userSecrets = {} } = definition
  return {
    description,
    requires,
    isolation: toIsolation(definition),
    roots,
    rootFolders: rootFolders.map((one) => toPath(one, folder)),
    calls,
    limits: toLimits(definition),
    spares,
    stopCommand,
    runner: runner === undefined ? undefined : resolve(folder, runner),
    revocation,
    folders,
    scopes: toScopes(name, definition.scopes),
    ...toToolPolicy(name, definition),
    userSecrets,
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

const KINDS = LAUNCH_KINDS.join(', ')

function toLaunch(
  definition: ServiceDefinition,
  place: ProgramPlace,
): { launch: Launch; install: PackageInstall | undefined } | { fault: string } {
  const kinds = LAUNCH_KINDS.filter((kind) => definition[kind] !== undefined)
  if (kinds.length !== 1) return { fault: `needs exactly one of ${KINDS}` }
  if (definition.url !== undefined) {
    return { launch: toRemoteLaunch(definition), install: undefined }
  }
  return toProgramLaunch(definition, place)
}

/** Members that say something of some kinds of programs only. */
function kindFaults(definition: ServiceDefinition): string[] {
  const { bin, script, egress, npm, pypi, native, url } = definition
  const faults: string[] = []
  if (bin !== undefined && npm === undefined && pypi === undefined) {
    faults.push('bin: names the program of an npm or pypi package')
  }
  if (script !== undefined && pypi === undefined) {
    faults.push('script: is run by the Python of a pypi package')
  }
  if (egress !== undefined && (native !== undefined || url !== undefined)) {
    faults.push('egress: is for programs that are started by command, npm or pypi')
  }
  return faults
}

function rootsFaults({ roots, rootFolders = [] }: ServiceDefinition): string[] {
  if ((roots === 'fixed') === rootFolders.length > 0) return []
  return ['roots: fixed and rootFolders need each other']
}
