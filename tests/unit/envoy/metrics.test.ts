import test from 'ava'
import { renderMetricsClusters, renderMetricsListener } from '../../../envoy/metrics.ts'

const options = { port: 1, adminPort: 2, extAuthzSockets: ['/s/a-1', '/s/a-2'] }

test('figures are on this machine alone', (t) => {
  const { address } = renderMetricsListener(options) as {
    address: { socket_address: { address: string; port_value: number } }
  }
  t.deepEqual(address.socket_address, { address: '127.0.0.1', port_value: 1 })
})

test('each ext-authz process has its own', (t) => {
  const names = renderMetricsClusters(options).map((cluster) => (cluster as { name: string }).name)
  t.deepEqual(names, ['envoy_admin', 'ext_authz_admin_1', 'ext_authz_admin_2'])
  t.is(renderMetricsClusters({ ...options, extAuthzSockets: [] }).length, 1)
})
