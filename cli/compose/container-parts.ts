/** The supervisor's own table of parts, for rooms in containers: one process each, other places. */

import { deriveSecret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import type { Context } from '../context.ts'
import { requireOtherPort } from '../start/certificates.ts'
import { planLego } from '../start/lego.ts'
import type { Settings } from '../start/settings.ts'
import type { CertificatesPlan } from '../supervisor/certs-part.ts'
import type { Part } from '../supervisor/part.ts'
import { toParts } from '../supervisor/parts.ts'
import type { Store } from '../supervisor/parts-options.ts'
import { ANY_ADDRESS, ENVOY_HOST, ENVOY_PROGRAM, OWN_FOLDER, ROOMS, socketAt } from './places.ts'

const PLAIN_PORT = 80

export async function toContainerParts(context: Context, settings: Settings): Promise<Part[]> {
  const { gateway, rootSecret, logLevel } = settings
  return toParts({
    gateway,
    environment: { ...context.environment, LOG_LEVEL: logLevel },
    rootSecret,
    rooms: ROOMS,
    processes: { 'ext-authz': 1, 'oauth-server': 1, 'mcp-bridge': 1 },
    socketAt,
    store: toStore(settings),
    envoyProgram: ENVOY_PROGRAM,
    listenAddresses: [ANY_ADDRESS],
    certificates: await toCertificates(context, settings),
    servedNow: () => gateway.services,
    // Beside a store of our own it has none: deploy/compose/store.yaml.
    extAuthzReachesNetwork: settings.externalStore !== undefined,
  })
}

export const STORE_SOCKET = socketAt(SOCKET_NAMES.valkey)

export function toStore({ externalStore, rootSecret }: Settings): Store {
  if (externalStore !== undefined) return { ...externalStore, own: undefined }
  return {
    url: `unix://${STORE_SOCKET}`,
    password: deriveSecret(rootSecret, 'redis'),
    own: { program: 'valkey-server', configPath: `${OWN_FOLDER}/valkey.conf` },
  }
}

async function toCertificates(
  { environment }: Context,
  { certificates, gateway, httpPort }: Settings,
): Promise<CertificatesPlan | undefined> {
  if (certificates === undefined) return undefined
  const port = httpPort ?? (gateway.addresses.loopback ? 0 : PLAIN_PORT)
  requireOtherPort(port, gateway)
  return {
    plainPort: port === 0 ? undefined : port,
    plainHost: ENVOY_HOST,
    lego: certificates.kind === 'acme' ? await planLego(environment) : undefined,
  }
}
