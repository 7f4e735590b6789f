/**
 * The whole configuration that rooms share: where the gateway is, what it serves, whom browsers may be.
 *
 * One file and the environment in; every fault at once out. Each room reads its own variables beside it.
 */

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
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
import { type AccessSettings, OPEN_ACCESS } from './access-rules.ts'
import { type Addresses, hostLayout, pathLayout } from './addresses.ts'
import { type Branding, PLAIN_BRANDING } from './branding.ts'
import { readCatalogue, type Services } from './catalogue.ts'
import { type ConfiguredClients, toConfiguredClients } from './configured-client.ts'
import { type GatewayFile, gatewayFile, readYamlFile } from './gateway-file.ts'
import { defaultProviders, type ProviderSettings } from './providers.ts'

export interface Gateway {
  readonly addresses: Addresses
  readonly services: Services
  /** Those of the operator's; all others register themselves. */
  readonly clients: ConfiguredClients
  /** How people log in, in the order in which pages offer it. */
  readonly providers: readonly ProviderSettings[]
  readonly access: AccessSettings
  readonly branding: Branding
  readonly port: number
  readonly adminPort: number
  /** Absolute path; keys, data and logs live below it. */
  readonly stateDirectory: string
  /** Origins of web pages that may call; `*` stands for all of them. */
  readonly corsOrigins: readonly string[]
  /** Absolute path of the configuration file, which may not exist. */
  readonly configurationPath: string
  readonly notes: readonly string[]
}

export const DEFAULT_PORT = 8642
/** The admin page keeps this distance from the gateway's port: 9901 beside 8642. */
const ADMIN_PORT_DISTANCE = 1259

const port = integer(1, 65_535)

export const GATEWAY_VARIABLES = {
  PUBLIC_URL: optional(text, undefined),
  BASE_DOMAIN: optional(text, undefined),
  GATEWAY_PORT: optional(port, DEFAULT_PORT),
  GATEWAY_ADMIN_PORT: optional(port, undefined),
  GATEWAY_STATE_DIR: optional(text, '.gateway'),
  GATEWAY_CONFIG: optional(text, undefined),
  MCP_CORS_ORIGINS: optional(list, []),
}

/** What belongs to login through a provider: accepted in silence it would seem to protect. */
const NOT_SERVED = ['GITHUB_CLIENT_ID', 'ALLOWED_GITHUB_USERS'] as const

/**
 * @throws ConfigError with every fault of file and environment.
 */
export function readGateway(environment: Environment, workingDirectory: string): Gateway {
  const faults: string[] = []
  const values = collectFaults(() => readEnvironment(GATEWAY_VARIABLES, environment), faults)
  const file = readFile(values?.GATEWAY_CONFIG, workingDirectory, faults)
  const catalogue = readCatalogue(file.content.mcpServers ?? {}, file.folder, environment)
  const clients = toConfiguredClients(file.content.clients ?? {}, catalogue.services, faults)
  faults.push(...catalogue.faults, ...notServedFaults(environment))
  const addresses = values && collectFaults(() => toAddresses(values), faults)
  if (values === undefined || addresses === undefined || faults.length > 0)
    throw new ConfigError(faults)
  return Object.freeze({
    addresses,
    services: catalogue.services,
    clients,
    providers: defaultProviders(addresses),
    access: OPEN_ACCESS,
    branding: PLAIN_BRANDING,
    port: values.GATEWAY_PORT,
    adminPort: values.GATEWAY_ADMIN_PORT ?? defaultAdminPort(values.GATEWAY_PORT),
    stateDirectory: resolve(workingDirectory, values.GATEWAY_STATE_DIR),
    corsOrigins: values.MCP_CORS_ORIGINS,
    configurationPath: file.path,
    notes: catalogue.notes,
  })
}

type GatewayValues = ReturnType<typeof readEnvironment<typeof GATEWAY_VARIABLES>>

function toAddresses({ PUBLIC_URL, BASE_DOMAIN, GATEWAY_PORT }: GatewayValues): Addresses {
  if (BASE_DOMAIN !== undefined && !/^[a-z0-9.-]+$/.test(BASE_DOMAIN)) {
    throw new ConfigError([`BASE_DOMAIN must be a host name in lower case, not "${BASE_DOMAIN}"`])
  }
  const fallback =
    BASE_DOMAIN === undefined
      ? `http://localhost:${GATEWAY_PORT}`
      : BASE_DOMAIN === 'localhost' || BASE_DOMAIN.endsWith('.localhost')
        ? `http://auth.${BASE_DOMAIN}:${GATEWAY_PORT}`
        : `https://auth.${BASE_DOMAIN}`
  const issuer = parseIssuer(PUBLIC_URL ?? fallback)
  const addresses = BASE_DOMAIN === undefined ? pathLayout(issuer) : hostLayout(issuer, BASE_DOMAIN)
  if (addresses.secure || addresses.loopback) return addresses
  throw new ConfigError([
    `PUBLIC_URL must be https:// off this machine, not "${addresses.issuer}": tokens would travel in clear`,
  ])
}

function parseIssuer(value: string): URL {
  const url = URL.parse(value)
  // Byte for byte: what is not written as an origin would have to be changed to become the issuer.
  if (
    url !== null &&
    value === url.origin &&
    (url.protocol === 'https:' || url.protocol === 'http:')
  )
    return url
  throw new ConfigError([
    `PUBLIC_URL must be http(s)://host[:port] in lower case without path or trailing slash, not "${value}"`,
  ])
}

function readFile(
  named: string | undefined,
  workingDirectory: string,
  faults: string[],
): { content: GatewayFile; folder: string; path: string } {
  const path = resolve(workingDirectory, named ?? 'gateway.yaml')
  if (named === undefined && !existsSync(path)) {
    return { content: {}, folder: workingDirectory, path }
  }
  const reading = readYamlFile(path, gatewayFile)
  faults.push(...reading.faults)
  return { content: reading.content ?? {}, folder: dirname(path), path }
}

function notServedFaults(environment: Environment): string[] {
  return NOT_SERVED.filter((name) => (environment[name] ?? '') !== '').map(
    (name) => `${name} is set, but this release logs in by the dev provider only: unset it`,
  )
}

function defaultAdminPort(gatewayPort: number): number {
  const above = gatewayPort + ADMIN_PORT_DISTANCE
  return above <= 65_535 ? above : gatewayPort - ADMIN_PORT_DISTANCE
}
