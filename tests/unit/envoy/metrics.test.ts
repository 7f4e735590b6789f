import test from 'ava'
import { renderAdmin, renderAdminListener } from '../../../envoy/admin.ts'
import { renderMetricsClusters, renderMetricsListener } from '../../../envoy/metrics.ts'

const place = { address: '127.0.0.1', port: 1 }
const options = {
  ...place,
  extAuthzSockets: ['/s/a-1', '/s/a-2'],
  oauthServerSockets: ['/s/o-1'],
  bridgeSockets: ['/s/b-1'],
  supervisorSocket: '/s/supervisor',
}

interface Listener {
  readonly address: { readonly socket_address: object }
}

test('figures and pages of administration are where they shall be', (t) => {
  for (const listener of [renderMetricsListener(options), renderAdminListener(place)]) {
    const { socket_address: address } = (listener as Listener).address
    t.deepEqual(address, { address: '127.0.0.1', port_value: 1 })
  }
})

test('who administers Envoy does so on a socket of the owner’s', (t) => {
  const { address } = renderAdmin('/s/admin') as { address: object }
  t.deepEqual(address, { pipe: { path: '/s/admin', mode: 0o600 } })
})

test('each process has its own figures', (t) => {
  const names = renderMetricsClusters(options).map((cluster) => (cluster as { name: string }).name)
  t.deepEqual(names, [
    'ext_authz_metrics_1',
    'ext_authz_metrics_2',
    'oauth_server_metrics_1',
    'mcp_bridge_metrics_1',
    'supervisor_metrics',
  ])
  const none = { ...place, extAuthzSockets: [], oauthServerSockets: [], bridgeSockets: [] }
  t.is(renderMetricsClusters(none).length, 0)
})
