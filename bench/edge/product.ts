/** This gateway's own parts as its supervisor would start them: the edge is measured as it ships. */

import { join } from 'node:path'
import { publishConfiguration } from '../../cli/start/publish-configuration.ts'
import type { Part } from '../../cli/supervisor/part.ts'
import { toParts } from '../../cli/supervisor/parts.ts'
import { socketsIn } from '../../cli/supervisor/room-sockets.ts'
import { readEnvoyConfig } from '../../envoy/config.ts'
import { renderFiles } from '../../envoy/render.ts'
import { readGateway } from '../../lib/catalogue/gateway.ts'
import { systemClock } from '../../lib/platform/clock.ts'
import { Secret } from '../../lib/platform/secret.ts'
import { ISSUER } from './tokens.ts'

const ROOMS = join(import.meta.dirname, '../..')

export interface ProductOptions {
  readonly folder: string
  readonly port: number
  readonly adminPort: number
  readonly metricsPort: number
  readonly processes: number
  readonly storeUrl: string
  readonly envoyProgram: string
  /** What answers in the place of the bridge. */
  readonly upstreamSocket: string
}

export interface Product {
  readonly extAuthz: readonly Part[]
  readonly envoy: Part
  /** File name → content, as Envoy is given them. */
  readonly files: ReadonlyMap<string, object>
}

export function describeProduct(options: ProductOptions): Product {
  const {
    folder,
    port,
    adminPort,
    metricsPort,
    processes,
    storeUrl,
    envoyProgram,
    upstreamSocket,
  } = options
  const environment = {
    PUBLIC_URL: ISSUER,
    GATEWAY_PORT: String(port),
    GATEWAY_ADMIN_PORT: String(adminPort),
    GATEWAY_STATE_DIR: join(folder, 'state'),
    GATEWAY_METRICS_PORT: String(metricsPort),
  }
  const gateway = readGateway(environment, folder)
  // What the rooms read: without it they would refuse to start.
  publishConfiguration({
    environment,
    workingDirectory: folder,
    clock: systemClock,
    started: gateway,
    onRecord: () => {},
  })
  const parts = toParts({
    gateway,
    environment,
    rootSecret: new Secret('of this benchmark alone'),
    rooms: ROOMS,
    processes: { 'ext-authz': processes, 'oauth-server': 1, 'mcp-bridge': 1 },
    servedNow: () => gateway.services,
    socketAt: socketsIn(folder),
    store: { url: storeUrl, password: undefined, own: undefined },
    envoyProgram,
    listenAddresses: ['127.0.0.1'],
  })
  const find = (what: string, isIt: (part: Part) => boolean): Part => {
    const part = parts.find(isIt)
    if (part === undefined) throw new Error(`the gateway has no part that ${what}`)
    return part
  }
  const renderer = find('renders Envoy’s files', ({ env }) => env['ENVOY_FOLDER'] !== undefined)
  const config = readEnvoyConfig({ ...renderer.env, MCP_BRIDGE_SOCKETS: upstreamSocket })
  return {
    extAuthz: parts.filter(({ name }) => name.startsWith('ext-authz')),
    envoy: find('is Envoy', ({ command }) => command === envoyProgram),
    files: renderFiles(gateway, config),
  }
}
