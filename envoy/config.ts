/** The environment of the renderer: where the rooms listen, where Envoy shall, and where the files go. */

import {
  type Environment,
  integer,
  list,
  optional,
  readEnvironment,
  required,
  text,
} from '../lib/platform/environment.ts'
import { readTracing } from '../lib/platform/tracing/settings.ts'
import type { EdgeTracing } from './tracing.ts'

export const ENVOY_VARIABLES = {
  /** Folder of the rendered files; made when absent. */
  ENVOY_FOLDER: required(text),
  /** Addresses of the public listener, e.g. `127.0.0.1,::1`. */
  ENVOY_LISTEN_ADDRESSES: required(list),
  /** Where Envoy is administered. */
  ENVOY_ADMIN_SOCKET: required(text),
  /** Holds `tls.crt` and `tls.key`; needed when the gateway is reached over TLS. */
  ENVOY_CERTIFICATE_FOLDER: optional(text, undefined),
  /** Where the pages to look at and the figures are told; in a container, which publishes them on loopback, `0.0.0.0`. */
  ENVOY_PAGES_ADDRESS: optional(text, '127.0.0.1'),
  /** Where plain HTTP is sent on to https; nowhere without it. */
  ENVOY_PLAIN_PORT: optional(integer(1, 65_535), undefined),
  /** The certificates' room, which answers an ACME authority's challenges and tells its figures. */
  CERTS_SOCKET: optional(text, undefined),
  /** One for each process of the room. */
  OAUTH_SERVER_SOCKETS: required(list),
  /** Where each process of the authorization server tells its figures. */
  OAUTH_SERVER_METRICS_SOCKETS: optional(list, []),
  /** Where whoever keeps the processes tells its figures; in containers nobody of ours does. */
  SUPERVISOR_METRICS_SOCKET: optional(text, undefined),
  EXT_AUTHZ_SOCKETS: required(list),
  /** Where each process of ext-authz tells its figures. */
  EXT_AUTHZ_ADMIN_SOCKETS: optional(list, []),
  MCP_BRIDGE_SOCKETS: required(list),
  /** Where each process of the bridge tells its figures. */
  MCP_BRIDGE_ADMIN_SOCKETS: optional(list, []),
  /** Names of the headers that the collector of traces wants; the values are in Envoy's own environment. */
  ENVOY_OTLP_HEADERS: optional(list, []),
  /** Multiplies every rate limit; 0 switches them off. */
  RATE_LIMIT_FACTOR: optional(integer(0, 1_000_000), 1),
}

export type EnvoyConfig = ReturnType<typeof readEnvoyConfig>

export function readEnvoyConfig(environment: Environment) {
  const values = readEnvironment(ENVOY_VARIABLES, environment)
  const settings = readTracing(environment)
  const tracing: EdgeTracing | undefined = settings && {
    ...settings,
    headerNames: values.ENVOY_OTLP_HEADERS,
  }
  return { ...values, tracing }
}
