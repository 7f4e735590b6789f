/** The guards of the edge: each an Envoy of its own, with the service it asks, if it asks one. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Part } from '../../cli/supervisor/part.ts'
import type { PublicJwk } from '../../lib/store/public-keys.ts'
import { freePort } from '../../tests/support/free-port.ts'
import { jwtVariant, renderVariant, textbookVariant, type Variant } from './envoy-variants.ts'
import { type RunningProcess, startProcess, waitForSocket } from './processes.ts'
import { describeProduct, type Product } from './product.ts'
import { ISSUER, RESOURCE } from './tokens.ts'

export type GuardName = 'floor' | 'jwt' | 'jwt-cached' | 'textbook' | 'ours' | 'ours-new'

export interface Guard {
  readonly name: GuardName
  readonly port: number
  readonly adminPort: number
  readonly envoyPid: number
  /** Of the service; none where Envoy decides alone. */
  servicePids(): readonly number[]
  /** The service anew, remembering nothing. */
  restartService(): Promise<void>
  stop(): Promise<void>
}

export interface GuardOptions {
  /** Each guard has a folder of its own in it. */
  readonly folder: string
  readonly cores: string
  readonly processes: number
  readonly envoyProgram: string
  readonly storeUrl: string
  readonly storeSocket: string
  readonly upstreamSocket: string
  readonly jwk: PublicJwk
  /** How many tokens Envoy's own cache has room for. */
  readonly warmTokens: number
}

/** What a guard consists of beside Envoy. */
interface Recipe {
  readonly variant: Variant | undefined
  readonly start: () => Promise<readonly RunningProcess[]>
}

export async function startGuard(name: GuardName, options: GuardOptions): Promise<Guard> {
  const folder = join(options.folder, name)
  mkdirSync(folder, { mode: 0o700 })
  const [port, adminPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const product = describeProduct({ ...options, folder, port, adminPort, metricsPort })
  const recipe = toRecipe(name, product, { ...options, folder })
  let services = await recipe.start()
  const bootstrap = join(folder, 'bootstrap.json')
  writeFileSync(bootstrap, JSON.stringify(renderVariant(product.files, recipe.variant)))
  const envoy = startProcess([product.envoy.command, ...envoyArguments(product.envoy, bootstrap)], {
    cores: options.cores,
    environment: product.envoy.env,
    workingDirectory: folder,
  })
  const stopServices = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()))
  }
  return {
    name,
    port,
    adminPort,
    envoyPid: envoy.pid,
    servicePids: () => services.map(({ pid }) => pid),
    async restartService() {
      await stopServices()
      services = await recipe.start()
    },
    async stop() {
      await envoy.kill()
      await stopServices()
    },
  }
}

/** The product's own, with one thread that handles requests in every row. */
function envoyArguments({ args }: Part, bootstrap: string): readonly string[] {
  const replaced: Readonly<Record<string, string>> = { '-c': bootstrap, '--concurrency': '1' }
  return args.map((value, index) => replaced[args[index - 1] ?? ''] ?? value)
}

function toRecipe(name: GuardName, product: Product, options: GuardOptions): Recipe {
  const none = async (): Promise<readonly RunningProcess[]> => []
  switch (name) {
    case 'floor':
      return { variant: {}, start: none }
    case 'jwt':
      return { variant: jwtVariant(options.jwk), start: none }
    case 'jwt-cached':
      return { variant: jwtVariant(options.jwk, options.warmTokens), start: none }
    case 'textbook':
      return textbookRecipe(options)
    default:
      return { variant: undefined, start: () => startParts(product.extAuthz, options) }
  }
}

async function startParts(
  parts: readonly Part[],
  { cores, folder }: GuardOptions,
): Promise<readonly RunningProcess[]> {
  return await Promise.all(
    parts.map(async (part) => {
      const socket = part.env['EXT_AUTHZ_SOCKET'] ?? ''
      const environment = part.env
      const command = [part.command, ...part.args]
      const running = startProcess(command, { cores, environment, workingDirectory: folder })
      await waitForSocket(socket, running)
      return running
    }),
  )
}

const TEXTBOOK = join(import.meta.dirname, 'textbook/main.ts')

function textbookRecipe(options: GuardOptions): Recipe {
  const { folder, jwk, storeSocket, cores, processes } = options
  const keys = join(folder, 'keys.json')
  writeFileSync(keys, JSON.stringify({ keys: [jwk] }))
  const sockets = Array.from({ length: processes }, (_, index) => join(folder, `t${index}.sock`))
  const start = async (socket: string): Promise<RunningProcess> => {
    const running = startProcess([process.execPath, TEXTBOOK], {
      cores,
      workingDirectory: folder,
      environment: {
        TEXTBOOK_SOCKET: socket,
        TEXTBOOK_REDIS: storeSocket,
        TEXTBOOK_KEYS: keys,
        TEXTBOOK_ISSUER: ISSUER,
        TEXTBOOK_AUDIENCE: RESOURCE,
      },
    })
    await waitForSocket(socket, running)
    return running
  }
  return { variant: textbookVariant(sockets), start: () => Promise.all(sockets.map(start)) }
}
