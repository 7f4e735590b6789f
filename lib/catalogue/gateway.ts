/**
 * The whole configuration that rooms share: where the gateway is, what it serves, who may in and how.
 *
 * One file and the environment in; every fault at once out. Each room reads its own variables beside it.
 */

import { dirname, join, resolve } from 'node:path'
import {
  ConfigError,
  collectFaults,
  type Environment,
  integer,
  list,
  optional,
  readEnvironment,
  text,
} from '../platform/environment.ts'
import type { AccessSettings } from './access-rules.ts'
import type { Addresses } from './addresses.ts'
import type { Branding } from './branding.ts'
import { type CatalogueReading, readCatalogue, type Services } from './catalogue.ts'
import { type AccessReading, toAccess } from './configured-access.ts'
import { hostFaults, toAddresses } from './configured-addresses.ts'
import { toBranding } from './configured-branding.ts'
import { type ConfiguredClients, toConfiguredClients } from './configured-client.ts'
import { pageOrigins } from './configured-origins.ts'
import { toProviders } from './configured-provider.ts'
import { findCopies } from './copies.ts'
import { withLines } from './fault-lines.ts'
import { type GatewayFile, gatewayFile, isThere, parseYaml, readSource } from './gateway-file.ts'
import { packagesFolder } from './packages.ts'
import { DEFAULT_PORT, type Ports, toPorts } from './ports.ts'
import type { ProviderSettings } from './providers.ts'
import { secretOwnerFaults } from './secret-owners.ts'
import type { ServiceDefinition } from './service-definition.ts'

/** Names of those that are defined and not served. */
export function switchedOff({
  definitions,
  services,
}: Pick<Gateway, 'definitions' | 'services'>): string[] {
  return [...definitions.keys()].filter((name) => !services.has(name))
}

export interface Gateway extends Ports {
  readonly addresses: Addresses
  readonly services: Services
  /** As they are written, also those that are not served. */
  readonly definitions: ReadonlyMap<string, ServiceDefinition>
  /** Those of the operator's; all others register themselves. */
  readonly clients: ConfiguredClients
  /** How people log in, in the order in which pages offer it. */
  readonly providers: readonly ProviderSettings[]
  readonly access: AccessSettings
  readonly branding: Branding
  /** Absolute path; keys, data and logs live below it. */
  readonly stateDirectory: string
  /** Origins of web pages that may call, beside our own; `*` stands for all of them. */
  readonly corsOrigins: readonly string[]
  /** Absolute path of the configuration file, which may not exist. */
  readonly configurationPath: string
  /** What it said when it was read. */
  readonly configurationText: string
  readonly notes: readonly string[]
}

const port = integer(1, 65_535)

export const GATEWAY_VARIABLES = {
  PUBLIC_URL: optional(text, undefined),
  BASE_DOMAIN: optional(text, undefined),
  GATEWAY_PORT: optional(port, DEFAULT_PORT),
  GATEWAY_ADMIN_PORT: optional(port, undefined),
  GATEWAY_METRICS_PORT: optional(port, undefined),
  GATEWAY_STATE_DIR: optional(text, '.gateway'),
  GATEWAY_CONFIG: optional(text, undefined),
  /** Where packages of services are installed. */
  GATEWAY_PACKAGES_DIR: optional(text, undefined),
  /** In it the socket of each service's runner program: the bridge then starts nothing itself. */
  MCP_RUNNERS_FOLDER: optional(text, undefined),
  MCP_CORS_ORIGINS: optional(pageOrigins, []),
  // What is secret of a provider is no room's business but the authorization server's.
  GITHUB_CLIENT_ID: optional(text, undefined),
  GITHUB_URL: optional(text, undefined),
  GITHUB_API_URL: optional(text, undefined),
  ALLOWED_GITHUB_USERS: optional(list, []),
  OIDC_NAME: optional(text, undefined),
  OIDC_ISSUER: optional(text, undefined),
  OIDC_CLIENT_ID: optional(text, undefined),
  ALLOWED_USERS: optional(list, []),
}

/**
 * @param copy holds the text that is meant, or is that text; unless given, the one of the gateway's start, or the
 * file itself.
 * @throws ConfigError with every fault of file and environment.
 */
export function readGateway(
  environment: Environment,
  workingDirectory: string,
  copy: Copy | undefined = findCopies(environment)?.started,
): Gateway {
  const faults: string[] = []
  const values = collectFaults(() => readEnvironment(GATEWAY_VARIABLES, environment), faults)
  const addresses = values && collectFaults(() => toAddresses(values), faults)
  const file = readFile({ named: values?.GATEWAY_CONFIG, workingDirectory, copy }, faults)
  const { mcpServers = {}, clients: ownClients = {}, branding: look = {} } = file.content ?? {}
  const catalogue = readCatalogue({
    own: mcpServers,
    ownFolder: file.folder,
    environment,
    runnersFolder: toFolder(values?.MCP_RUNNERS_FOLDER, workingDirectory),
    packages:
      toFolder(values?.GATEWAY_PACKAGES_DIR, workingDirectory) ?? packagesFolder(environment),
  })
  faults.push(...catalogue.faults)
  if (addresses !== undefined) faults.push(...hostFaults(addresses, catalogue.services.keys()))
  const clients = toConfiguredClients(ownClients, catalogue.services, faults)
  const branding = toBranding(look, file.folder, faults)
  // What a file that cannot be read says of people nobody knows: nothing is missing there.
  const people =
    values && file.content && readPeople(file.content, { values, addresses, catalogue }, faults)
  const ports = values && toPorts(values, faults)
  faults.push(...secretOwnerFaults(people?.providers ?? [], clients, catalogue.services))
  if (!values || !ports || !addresses || !people || faults.length > 0)
    throw new ConfigError(hasLines(file, copy) ? withLines(faults, file) : faults)
  return Object.freeze({
    addresses,
    services: catalogue.services,
    definitions: catalogue.definitions,
    clients,
    providers: people.providers,
    access: people.access,
    branding,
    ...ports,
    stateDirectory: resolve(workingDirectory, values.GATEWAY_STATE_DIR),
    corsOrigins: values.MCP_CORS_ORIGINS,
    configurationPath: file.path,
    configurationText: file.source,
    notes: [...(file.notes ?? []), ...catalogue.notes, ...people.notes],
  })
}

/** None to look at has what is not understood, or not written yet. */
function hasLines({ content }: FileContent, copy: Copy | undefined): boolean {
  return content !== undefined && typeof copy !== 'object'
}

type GatewayValues = ReturnType<typeof readEnvironment<typeof GATEWAY_VARIABLES>>

interface Surroundings {
  readonly values: GatewayValues
  readonly addresses: Addresses | undefined
  readonly catalogue: CatalogueReading
}

function readPeople(
  { providers: definitions = {}, access: definition = {} }: GatewayFile,
  { values, addresses, catalogue }: Surroundings,
  faults: string[],
): AccessReading & { readonly providers: readonly ProviderSettings[] } {
  // A fault of the addresses is told already, and must not be told twice.
  const { loopback } = addresses ?? { loopback: true }
  const providers = toProviders(definitions, values, { loopback }, faults)
  const reading = toAccess(
    {
      definition,
      users: values.ALLOWED_USERS,
      gitHubUsers: values.ALLOWED_GITHUB_USERS,
      providers,
      services: new Set(catalogue.definitions.keys()),
    },
    faults,
  )
  return { ...reading, providers }
}

/** A path, or what would stand there. */
type Copy = string | { readonly text: string }

interface FilePlace {
  readonly named: string | undefined
  readonly workingDirectory: string
  readonly copy: Copy | undefined
}

interface FileContent {
  /** Undefined when it cannot be understood. */
  readonly content: GatewayFile | undefined
  readonly source: string
  readonly folder: string
  readonly path: string
  readonly notes?: readonly string[]
}

/** How others spell the name of such a file; services and rules in it would be missed without a word. */
const NAMES_NOT_READ = ['gateway.yml', 'gateway.json']

/** A copy is read as what it was copied from: its paths and its faults are that one's. */
function readFile({ named, workingDirectory, copy }: FilePlace, faults: string[]): FileContent {
  const path = resolve(workingDirectory, named ?? 'gateway.yaml')
  if (named === undefined && copy === undefined && !isThere(path)) {
    const others = NAMES_NOT_READ.filter((name) => isThere(join(workingDirectory, name)))
    const notes = others.map(
      (name) => `${name} is not read: call it gateway.yaml, or let GATEWAY_CONFIG name it`,
    )
    return { content: {}, source: '', folder: workingDirectory, path, notes }
  }
  const source =
    typeof copy === 'object'
      ? copy.text
      : collectFaults(() => readSource(copy ?? path, path), faults)
  if (source === undefined) return { content: undefined, source: '', folder: dirname(path), path }
  const reading = parseYaml(source, path, gatewayFile)
  faults.push(...reading.faults)
  return { content: reading.content, source, folder: dirname(path), path }
}

function toFolder(named: string | undefined, workingDirectory: string): string | undefined {
  return named === undefined ? undefined : resolve(workingDirectory, named)
}
