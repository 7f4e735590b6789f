/** The public listener: where it listens, and over what. */

import type { Addresses } from '../lib/catalogue/addresses.ts'
import { connectionManager } from './connection-manager.ts'
import { tlsSocket } from './tls.ts'
import type { EdgeTracing } from './tracing.ts'

export interface ListenerOptions {
  readonly folder: string
  /** Where it listens. */
  readonly listenAddresses: readonly string[]
  readonly port: number
  /** Under which the gateway is reached. */
  readonly addresses: Addresses
  readonly rateLimitFactor: number
  /** Undefined where traces are off. */
  readonly tracing?: EdgeTracing | undefined
}

const TYPE = 'type.googleapis.com'
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager'

export function renderListener(options: ListenerOptions): object {
  const [first = '127.0.0.1', ...others] = options.listenAddresses
  const addressOf = (address: string): object => ({
    socket_address: { address, port_value: options.port },
  })
  return {
    '@type': `${TYPE}/envoy.config.listener.v3.Listener`,
    name: 'public',
    address: addressOf(first),
    additional_addresses: others.map((address) => ({ address: addressOf(address) })),
    per_connection_buffer_limit_bytes: 32_768,
    filter_chains: [
      {
        filters: [{ name: CONNECTION_MANAGER, typed_config: connectionManager(options) }],
        // A handshake that is not finished is not a connection yet.
        transport_socket_connect_timeout: '10s',
        ...(options.addresses.secure ? { transport_socket: tlsSocket(options.folder) } : {}),
      },
    ],
  }
}
