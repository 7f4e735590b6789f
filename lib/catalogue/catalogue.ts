/** The service table: what the project ships, changed and completed by `gateway.yaml` and the environment. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Environment, flag } from '../platform/environment.ts'
import { readYamlFile } from './gateway-file.ts'
import { type Service, toService } from './service.ts'
import { type ServiceDefinition, serviceDefinition } from './service-definition.ts'
import { isReserved, SERVICE_NAME, slugServiceName } from './service-name.ts'

export type Services = ReadonlyMap<string, Service>

export interface CatalogueReading {
  readonly services: Services
  /** Names of all that are defined, also of those that are not served. */
  readonly known: ReadonlySet<string>
  readonly faults: readonly string[]
  /** What a person should hear at start, e.g. a name that was slugged. */
  readonly notes: readonly string[]
}

const SHIPPED = join(import.meta.dirname, '../../services')

/** Reads every definition; the operator's own entry of a name replaces the shipped one's members. */
export function readCatalogue(
  own: Readonly<Record<string, ServiceDefinition>>,
  ownFolder: string,
  environment: Environment,
): CatalogueReading {
  const shipped = readShipped()
  const named = nameOwn(own)
  const faults = [...shipped.faults, ...named.faults]
  const services = new Map<string, Service>()
  const known = new Set([...shipped.definitions.keys(), ...named.definitions.keys()])
  for (const name of known) {
    const base = shipped.definitions.get(name)
    const mine = named.definitions.get(name)
    const definition = merge(base, mine)
    const enabled = isEnabled(name, definition, environment)
    if (typeof enabled === 'string') faults.push(enabled)
    if (enabled !== true) continue
    const folder = startsAnew(mine) ? ownFolder : join(SHIPPED, name)
    const reading = toService(name, definition, folder)
    if ('service' in reading) services.set(name, reading.service)
    else faults.push(...reading.faults.map((fault) => `mcpServers.${fault}`))
  }
  return { services, known, faults, notes: named.notes }
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

const KINDS = ['command', 'npm', 'native', 'url'] as const

/** An own entry that says how to start replaces the shipped one; any other changes its members. */
function merge(shipped: ServiceDefinition = {}, own: ServiceDefinition = {}): ServiceDefinition {
  return startsAnew(own) ? own : { ...shipped, ...own }
}

function startsAnew(own: ServiceDefinition = {}): boolean {
  return KINDS.some((kind) => own[kind] !== undefined)
}

/** `MCP_<SERVICE>_ENABLED` wins over the file; a text answer is a fault. */
function isEnabled(
  name: string,
  definition: ServiceDefinition,
  environment: Environment,
): boolean | string {
  const variable = `MCP_${name.replaceAll('-', '_').toUpperCase()}_ENABLED`
  const value = environment[variable]
  if (value === undefined || value === '')
    return definition.enabled ?? !(definition.disabled ?? false)
  try {
    return flag(value)
  } catch (error) {
    return `${variable} ${(error as Error).message}`
  }
}
