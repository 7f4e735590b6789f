/** The certificates' room as a part, and what Envoy's renderer gets to know of it. */

import { join } from 'node:path'
import { certificateFolder, FOLDERS } from '../../certs/files.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import type { Part } from './part.ts'
import { pick, settingsOf } from './part-environment.ts'
import type { PartsOptions } from './parts-options.ts'
import { answersHealth } from './readiness.ts'
import { ROOM_NODE_ARGS } from './room-memory.ts'

export interface LegoPlan {
  readonly program: string
  /** What its DNS provider reads; nobody else gets these. */
  readonly variables: readonly string[]
}

export interface CertificatesPlan {
  /** Where plain HTTP is sent on to https, and an authority's questions are answered. */
  readonly plainPort: number | undefined
  /** Where Envoy is reached there; this machine unless named. */
  readonly plainHost?: string
  readonly lego: LegoPlan | undefined
}

const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
const TERMINATE_MS = 2500

/** Envoy waits for it: afterwards there is a pair to serve. */
export function certsParts(
  { certificates, environment, rooms, socketAt }: PartsOptions,
  shared: Readonly<Record<string, string>>,
): Part[] {
  if (certificates === undefined) return []
  const { plainPort, plainHost, lego } = certificates
  const socket = socketAt(SOCKET_NAMES.certs)
  return [
    {
      name: 'certs',
      command: process.execPath,
      args: [...ROOM_NODE_ARGS, join(rooms, 'certs/main.ts')],
      env: {
        ...(lego && { ...pick(environment, [...PROXIES, ...lego.variables]) }),
        ...shared,
        ...settingsOf('certs', environment),
        CERTS_SOCKET: socket,
        ...(plainPort !== undefined && { CERTS_PLAIN_PORT: String(plainPort) }),
        ...(plainHost !== undefined && { CERTS_PLAIN_HOST: plainHost }),
        ...(lego && { CERTS_LEGO: lego.program, CERTS_DNS_VARIABLES: lego.variables.join(',') }),
      },
      dependsOn: [],
      announces: true,
      isReady: () => answersHealth(socket),
      terminateMs: TERMINATE_MS,
    },
  ]
}

export function certificateVariables({
  certificates,
  gateway,
  socketAt,
}: PartsOptions): Record<string, string> {
  if (certificates === undefined) return {}
  const { plainPort } = certificates
  return {
    ENVOY_CERTIFICATE_FOLDER: join(certificateFolder(gateway.stateDirectory), FOLDERS.served),
    CERTS_SOCKET: socketAt(SOCKET_NAMES.certs),
    ...(plainPort !== undefined && { ENVOY_PLAIN_PORT: String(plainPort) }),
  }
}
