import test from 'ava'
import { CORS_FILTER } from '../../../envoy/filters.ts'
import { renderRoutes } from '../../../envoy/routes.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { EDGE_CORS } from '../../../services/echo/tools/cors-analysis.ts'

interface Route {
  readonly direct_response?: { readonly status: number }
  readonly response_headers_to_add?: readonly {
    readonly header: { readonly key: string; readonly value: string }
  }[]
  readonly typed_per_filter_config?: Readonly<Record<string, Record<string, unknown>>>
}

test('corsAnalysis says what Envoy is told', (t) => {
  const rendered = renderRoutes(readGateway({}, '/nonexistent'), 1)
  const { virtual_hosts: hosts } = rendered as { virtual_hosts: { routes: Route[] }[] }
  const routes = hosts.flatMap((host) => host.routes)
  const preflights = routes.filter(({ direct_response: answer }) => answer?.status === 204)
  const policies = routes.flatMap(
    ({ typed_per_filter_config: config }) => config?.[CORS_FILTER] ?? [],
  )
  t.true(preflights.length > 0 && policies.length > 0)
  for (const { response_headers_to_add: added = [] } of preflights) {
    t.like(Object.fromEntries(added.map(({ header }) => [header.key, header.value])), {
      'access-control-allow-methods': EDGE_CORS.methods,
      'access-control-allow-headers': EDGE_CORS.requestHeaders,
      'access-control-max-age': String(EDGE_CORS.maxAgeSeconds),
    })
  }
  for (const policy of policies) {
    t.like(policy, { expose_headers: EDGE_CORS.exposedHeaders, allow_credentials: false })
  }
})
