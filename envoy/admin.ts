/**
 * Envoy's administration: on a unix socket, where only the gateway itself asks; to be looked at on a port
 * of this machine. Any web page that is open here can send a form to such a port, and what it asks Envoy
 * for by POST would end it: so there is nothing but reading.
 */

import { socketCluster } from './clusters.ts'
import {
  type ListenerPlace,
  readingRoute,
  refusal,
  renderLoopbackListener,
} from './loopback-listener.ts'

export const ADMIN_CLUSTER = 'envoy_admin'

/** No secret is in any of them: the edge's own is in Envoy's environment, keys are told as redacted. */
const PAGES = [
  ...['/', '/help', '/ready', '/server_info', '/memory', '/runtime'],
  ...['/clusters', '/listeners', '/certs', '/init_dump'],
  ...['/stats', '/stats/prometheus', '/config_dump'],
]

const ONLY_READ = 'these pages are only for reading'

/** 0600. */
const OWNER_ALONE = 0o600

export function renderAdmin(socket: string): object {
  return {
    address: { pipe: { path: socket, mode: OWNER_ALONE } },
    // When every connection is taken is when somebody has to look.
    ignore_global_conn_limit: true,
  }
}

export function renderAdminListener(place: ListenerPlace): object {
  const pages = PAGES.map((path) => readingRoute(path, ADMIN_CLUSTER))
  const routes = [...pages, refusal(403, ONLY_READ)]
  return renderLoopbackListener({ name: 'admin', ...place, routes })
}

export function renderAdminCluster(socket: string): object {
  return socketCluster(ADMIN_CLUSTER, socket)
}
