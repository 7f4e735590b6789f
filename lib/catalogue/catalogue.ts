/** The service table: what the project ships, changed and completed by `gateway.yaml` and the environment. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Environment, flag } from '../platform/environment.ts'
import { readYamlFile } from './gateway-file.ts'
import { OWN_RUNNER, type Runners, withRunner } from './runners.ts'
import { type Service, type ServiceReading, toService } from './service.ts'
import { LAUNCH_KINDS, type ServiceDefinition, serviceDefinition } from './service-definition.ts'
import { isReserved, SERVICE_NAME, serviceSwitch, slugServiceName } from './service-name.ts'

export type Services = ReadonlyMap<string, Service>

export interface CatalogueReading {
  readonly services: Services
  /** Of all, also of those that are not served: the operator's members in the place of the shipped ones. */
  readonly definitions: ReadonlyMap<string, ServiceDefinition>
  readonly faults: readonly string[]
  /** What a person should hear at start, e.g. a name that was slugged. */
  readonly notes: readonly string[]
}

const SHIPPED = join(import.meta.dirname, '../../services')

export interface CatalogueSources {
  /** The operator's entries, as they are written. */
  readonly own: Readonly<Record<string, ServiceDefinition>>
  /** Of the file they stand in. */
  readonly ownFolder: string
  readonly environment: Environment
  /** Where runner programs have their sockets; undefined: the bridge starts everything itself. */
  readonly runnersFolder: string | undefined
  /** Where packages of services are installed. */
  readonly packages: string
}

/** Reads every definition; the operator's own entry of a name replaces the shipped one's members. */
export function readCatalogue(sources: CatalogueSources): CatalogueReading {
  const { environment } = sources
  const shipped = readShipped()
  const named = nameOwn(sources.own)
  const faults = [...shipped.faults, ...named.faults]
  const services = new Map<string, Service>()
  const definitions = new Map<string, ServiceDefinition>()
  for (const name of new Set([...shipped.definitions.keys(), ...named.definitions.keys()])) {
    const mine = named.definitions.get(name)
    const definition = merge(shipped.definitions.get(name), mine)
    definitions.set(name, definition)
    const enabled = isEnabled(name, definition, environment)
    if (typeof enabled === 'string') faults.push(enabled)
    if (enabled !== true) continue
    const reading = readService(name, definition, startsAnew(mine), sources)
    if ('service' in reading) services.set(name, reading.service)
    else faults.push(...reading.faults.map((fault) => `mcpServers.${fault}`))
  }
  return { services, definitions, faults, notes: named.notes }
}

/** What the project brings along, also what is off. */
export function shippedNames(): ReadonlySet<string> {
  return new Set(readShipped().definitions.keys())
}

/** Beside the operator's file, packages are pinned where they are in this project. */
function readService(
  name: string,
  definition: ServiceDefinition,
  isOwn: boolean,
  { ownFolder, runnersFolder, packages }: CatalogueSources,
): ServiceReading {
  const shippedFolder = join(SHIPPED, name)
  const folder = isOwn ? ownFolder : shippedFolder
  const pins = isOwn ? join(ownFolder, 'services', name) : shippedFolder
  const runners = runnersFolder === undefined ? undefined : runnersIn(runnersFolder)
  // What takes the place of a shipped service is not in that one's container.
  const runnerName = isOwn ? OWN_RUNNER : name
  return toService(name, withRunner(runnerName, definition, runners), folder, { pins, packages })
}

function runnersIn(folder: string): Runners {
  return { folder, has: (name) => existsSync(join(folder, name)) }
}

function readShipped(): { definitions: Map<string, ServiceDefinition>; faults: string[] } {
  const definitions = new Map<string, ServiceDefinition>()
  const faults: string[] = []
  for (const name of readdirSync(SHIPPED).sort()) {
    const path = join(SHIPPED, name, 'service.yaml')
    if (!existsSync(path)) continue
    const reading = readYamlFile(path, serviceDefinition)
    if (reading.content === undefined) faults.push(...reading.faults)
    else definitions.set(name, reading.content)
  }
  return { definitions, faults }
}

function nameOwn(own: Readonly<Record<string, ServiceDefinition>>): {
  definitions: Map<string, ServiceDefinition>
  faults: string[]
  notes: string[]
} {
  const definitions = new Map<string, ServiceDefinition>()
  const origins = new Map<string, string>()
  const faults: string[] = []
  const notes: string[] = []
  for (const [given, definition] of Object.entries(own)) {
    const name = SERVICE_NAME.test(given) ? given : slugServiceName(given)
    const fault = nameFault(name, origins.get(name))
    if (fault !== undefined) {
      faults.push(`mcpServers.${given}: ${fault}`)
      continue
    }
    origins.set(name, given)
    definitions.set(name, definition)
    if (name !== given) notes.push(`service "${given}" is served as "${name}"`)
  }
  return { definitions, faults, notes }
}

function nameFault(name: string, twin: string | undefined): string | undefined {
  if (!SERVICE_NAME.test(name)) return 'no service name can be made of it'
  if (isReserved(name)) return `the name "${name}" is reserved`
  if (twin !== undefined) return `same service name "${name}" as ${twin}`
  return undefined
}

/** An own entry that says how to start replaces the shipped one; any other changes its members. */
function merge(shipped: ServiceDefinition = {}, own: ServiceDefinition = {}): ServiceDefinition {
  return startsAnew(own) ? own : { ...shipped, ...own }
}

function startsAnew(own: ServiceDefinition = {}): boolean {
  return LAUNCH_KINDS.some((kind) => own[kind] !== undefined)
}

/** `MCP_<SERVICE>_ENABLED` wins over the file; a text answer is a fault. */
function isEnabled(
  name: string,
  definition: ServiceDefinition,
  environment: Environment,
): boolean | string {
  const variable = serviceSwitch(name)
  const value = environment[variable]
  if (value === undefined || value === '')
    return definition.enabled ?? !(definition.disabled ?? false)
  try {
    return flag(value)
  } catch (error) {
    return `${variable} ${(error as Error).message}`
  }
}
