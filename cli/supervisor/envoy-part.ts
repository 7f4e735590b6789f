/** Envoy as a part: how it is started, when it serves, and how it leaves. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Services } from '../../lib/catalogue/catalogue.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { Part } from './part.ts'
import { askHttp } from './readiness.ts'

export interface EnvoyPartOptions extends Pick<Part, 'env' | 'dependsOn'> {
  readonly program: string
  /** Where `envoy/main.ts` wrote `bootstrap.json`. */
  readonly folder: string
  readonly gateway: Pick<Gateway, 'addresses' | 'port'>
  readonly adminSocket: string
  /** The services as they are whenever it is asked. */
  readonly servedNow: () => Services
  readonly listenAddresses: readonly string[]
}

const LEVELS: Readonly<Record<string, string>> = { debug: 'info', trace: 'debug', error: 'error' }
const DRAIN_MS = 300
const UNAUTHORIZED = 401

export function envoyPart(options: EnvoyPartOptions): Part {
  const { program, folder, env, dependsOn, adminSocket } = options
  const admin = { socketPath: adminSocket, headers: { host: 'localhost' } }
  const answers = async (): Promise<boolean> =>
    (await askHttp({ ...admin, path: '/ready' })) === 200
  return {
    name: 'envoy',
    command: program,
    args: [
      '-c',
      join(folder, 'bootstrap.json'),
      // A second Envoy on the machine would collide with the first one's base id.
      '--disable-hot-restart',
      '--concurrency',
      '2',
      '-l',
      LEVELS[env['LOG_LEVEL']?.toLowerCase() ?? ''] ?? 'warning',
      // Request lines appear among the rooms' own, not ten seconds later.
      '--file-flush-interval-msec',
      '200',
      '--drain-time-s',
      '1',
    ],
    env,
    dependsOn,
    isReady: async () => (await answers()) && (await serves(options)),
    // What is behind it is asked itself: nobody's access log need have these questions.
    answers,
    async drain() {
      // New connections are refused while answers on the way still arrive.
      await askHttp({ ...admin, path: '/drain_listeners?graceful&skip_exit', method: 'POST' })
      await sleep(DRAIN_MS)
    },
    terminateMs: 700,
  }
}

/** Answers from behind Envoy: of the authorization server, and of the decision. */
async function serves({ gateway, listenAddresses, servedNow }: EnvoyPartOptions): Promise<boolean> {
  const { addresses, port } = gateway
  const host =
    listenAddresses.includes('127.0.0.1') || listenAddresses.includes('0.0.0.0')
      ? '127.0.0.1'
      : '::1'
  const { secure } = addresses
  const ask = (path: string, hostHeader: string): Promise<number | undefined> =>
    askHttp({ host, port, path, headers: { host: hostHeader }, secure })
  const [service] = servedNow().keys()
  const status = await ask('/healthz', addresses.issuerHost)
  if (status === undefined || status >= 500) return false
  // Envoy asks ext-authz only once it has found it healthy: until then a login would meet 503.
  return (
    service === undefined ||
    (await ask(addresses.pathOf(service), addresses.hostOf(service))) === UNAUTHORIZED
  )
}
