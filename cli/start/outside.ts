/** What a start needs beside the configuration: a folder that is nobody else's, ports of this machine, a store of the operator's, what gets certificates. */

import { chooseSource } from '../../certs/source.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { byVariable, type Ports } from '../../lib/catalogue/ports.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { hasIpv6Loopback, requireFreePorts } from '../instance/ports.ts'
import { requireNoSilent } from '../instance/silent.ts'
import { type StorePlace, withConnection } from '../instance/store.ts'
import type { CertificatesPlan } from '../supervisor/certs-part.ts'
import { planCertificates } from './certificates.ts'
import { readConfiguration } from './configuration.ts'
import { listenAddresses } from './listen-addresses.ts'

/** One that starts together with this machine takes a moment. */
const STORE_PATIENCE_MS = 15_000
const STORE_COMMAND_MS = 2000

/**
 * @param own ports that are free by the time they are needed.
 * @returns the addresses that Envoy listens on.
 * @throws CliError for one that is not free.
 */
export async function requirePorts(
  gateway: Pick<Gateway, keyof Ports | 'addresses'>,
  own: readonly number[] = [],
): Promise<readonly string[]> {
  const addresses = listenAddresses(gateway.addresses, await hasIpv6Loopback())
  const uses = [
    { variable: 'GATEWAY_PORT', port: gateway.port, addresses },
    { variable: 'GATEWAY_ADMIN_PORT', port: gateway.adminPort, addresses: ['127.0.0.1'] },
    { variable: 'GATEWAY_METRICS_PORT', port: gateway.metricsPort, addresses: ['127.0.0.1'] },
  ] as const
  await requireFreePorts(uses.filter(({ port }) => !own.includes(port)))
  return addresses
}

/** All that a gateway listens on. */
export function portsOf(gateway: Ports, certificates: CertificatesPlan | undefined): number[] {
  const plain = certificates?.plainPort
  return [...byVariable(gateway).map(([, port]) => port), ...(plain === undefined ? [] : [plain])]
}

/** @throws CliError when it cannot be reached, or does not let us in. */
export async function reachStore(place: StorePlace): Promise<void> {
  const options = { ...place, commandTimeoutMs: STORE_COMMAND_MS }
  await withConnection(options, STORE_PATIENCE_MS, async () => {})
}

/**
 * What would keep a sound configuration from starting once the gateway that listens on these ports has ended.
 * Nothing is touched.
 * @throws CliError for the first of it.
 */
export async function requireOutside(context: Context, own: readonly number[]): Promise<void> {
  const { environment, workingDirectory } = context
  const { gateway, values } = readConfiguration(context)
  const { addresses, stateDirectory } = gateway
  await requireNoOther(stateDirectory, environment)
  const listening = await requirePorts(gateway, own).catch(toAdviceForFiles)
  const { REDIS_URL: url, REDIS_PASSWORD: password } = values
  if (url !== undefined) await reachStore({ url, password })
  const certificates = chooseSource({ addresses, stateDirectory, workingDirectory }, environment)
  const settings = { gateway, httpPort: values.GATEWAY_HTTP_PORT, certificates }
  await planCertificates({ context, settings, progress: { note() {} }, own }, listening)
}

/** The one whose place is to be taken, which asks, is our parent. @throws CliError when another one has the folder. */
async function requireNoOther(stateDirectory: string, environment: Environment): Promise<void> {
  const running = await findGateway(stateDirectory, environment)
  if (running === undefined) return requireNoSilent(stateDirectory)
  const { pid } = running.status
  if (pid === process.ppid) return
  throw new CliError(
    `Another gateway runs with the state directory ${stateDirectory} (process ${pid}).`,
    { nextStep: 'stop it, or let GATEWAY_STATE_DIR name another folder' },
  )
}

/** A start is advised to set another port before itself: here one starts already. */
function toAdviceForFiles(cause: unknown): never {
  if (!(cause instanceof CliError)) throw cause
  const nextStep = 'free it, or name another one in .env'
  throw new CliError(cause.message, { nextStep, cause })
}
