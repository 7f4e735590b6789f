/** What the table of parts is made of. */

import type { Services } from '../../lib/catalogue/catalogue.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import type { CertificatesPlan } from './certs-part.ts'
import type { Processes, SocketPlace } from './room-sockets.ts'

export interface Store {
  readonly url: string
  readonly password: Secret | undefined
  /** Present when the store is ours to run. */
  readonly own: { readonly program: string; readonly configPath: string } | undefined
}

export interface PartsOptions {
  readonly gateway: Gateway
  readonly environment: Environment
  readonly rootSecret: Secret
  /** The folder that holds the rooms' folders. */
  readonly rooms: string
  readonly processes: Processes
  readonly socketAt: SocketPlace
  readonly store: Store
  readonly envoyProgram: string
  readonly listenAddresses: readonly string[]
  /** Undefined without TLS. */
  readonly certificates?: CertificatesPlan | undefined
  /** The socket on which whoever keeps the processes tells its figures; undefined in containers. */
  readonly supervisorFigures?: string | undefined
  /** The services as they are whenever it is asked. */
  readonly servedNow: () => Services
  /** Unless it is false; where ext-authz has no network its spans could never leave. */
  readonly extAuthzReachesNetwork?: boolean
}
