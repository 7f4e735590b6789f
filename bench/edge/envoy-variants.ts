/**
 * The gateway's own Envoy configuration, and the same with another filter in the place of ext-authz:
 * listener, limits, routes, access log and upstream are those of the product in every row.
 */

import { CLUSTERS } from '../../envoy/clusters.ts'
import { EXT_AUTHZ_FILTER } from '../../envoy/filters.ts'
import { toStaticBootstrap } from '../../envoy/validation.ts'
import type { PublicJwk } from '../../lib/store/public-keys.ts'
import { ISSUER, PATH, RESOURCE } from './tokens.ts'

type Tree = { [member: string]: unknown }

/** A filter that stands where ext-authz does, and the cluster it asks. */
export interface Variant {
  readonly filter?: object
  readonly cluster?: object
}

const TYPE = 'type.googleapis.com'

export function renderVariant(files: ReadonlyMap<string, object>, variant?: Variant): object {
  const bootstrap = toStaticBootstrap(files) as Tree
  return variant === undefined ? bootstrap : replaceFilter(bootstrap, variant)
}

function replaceFilter(bootstrap: Tree, { filter, cluster }: Variant): Tree {
  const changed = replaceIn(bootstrap, filter) as Tree
  const resources = changed['static_resources'] as { clusters: { name: string }[] }
  const clusters = resources.clusters.filter(({ name }) => name !== CLUSTERS.extAuthz)
  return {
    ...changed,
    static_resources: {
      ...resources,
      clusters: cluster === undefined ? clusters : [...clusters, cluster],
    },
  }
}

/** What routes say of ext-authz goes with it. */
function replaceIn(node: unknown, filter: object | undefined): unknown {
  if (Array.isArray(node)) {
    return node.flatMap((member) => {
      if ((member as Tree | null)?.['name'] !== EXT_AUTHZ_FILTER) return [replaceIn(member, filter)]
      return filter === undefined ? [] : [filter]
    })
  }
  if (typeof node !== 'object' || node === null) return node
  const members = Object.entries(node).filter(([name]) => name !== EXT_AUTHZ_FILTER)
  return Object.fromEntries(members.map(([name, value]) => [name, replaceIn(value, filter)]))
}

/** Envoy verifies by itself. `cacheSize` tokens are verified once; without it each one every time. */
export function jwtVariant(jwk: PublicJwk, cacheSize?: number): Variant {
  return {
    filter: {
      name: 'envoy.filters.http.jwt_authn',
      typed_config: {
        '@type': `${TYPE}/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication`,
        providers: {
          gateway: {
            issuer: ISSUER,
            audiences: [RESOURCE],
            local_jwks: { inline_string: JSON.stringify({ keys: [jwk] }) },
            forward: false,
            claim_to_headers: [{ header_name: 'x-user-id', claim_name: 'sub' }],
            ...(cacheSize !== undefined && { jwt_cache_config: { jwt_cache_size: cacheSize } }),
          },
        },
        rules: [{ match: { path: PATH }, requires: { provider_name: 'gateway' } }],
      },
    },
  }
}

/** As the filter's documentation shows it: every header of the request is sent to the service. */
export function textbookVariant(sockets: readonly string[]): Variant {
  const name = 'textbook'
  return {
    filter: {
      name: EXT_AUTHZ_FILTER,
      typed_config: {
        '@type': `${TYPE}/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz`,
        transport_api_version: 'V3',
        failure_mode_allow: false,
        status_on_error: { code: 'ServiceUnavailable' },
        grpc_service: { timeout: '1s', envoy_grpc: { cluster_name: name } },
      },
    },
    cluster: {
      name,
      type: 'STATIC',
      connect_timeout: '1s',
      lb_policy: 'LEAST_REQUEST',
      load_assignment: {
        cluster_name: name,
        endpoints: [
          {
            lb_endpoints: sockets.map((path) => ({ endpoint: { address: { pipe: { path } } } })),
          },
        ],
      },
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': `${TYPE}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    },
  }
}
