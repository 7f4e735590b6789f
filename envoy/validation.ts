/**
 * The rendered files as one static bootstrap, for `envoy --mode validate`.
 *
 * Validation of the dynamic bootstrap would stop at its file names: Envoy reads listeners, routes and
 * clusters only when it runs. Only where a resource is found differs between the two.
 */

import { FILES } from './bootstrap.ts'

type Tree = { [member: string]: unknown }

export function toStaticBootstrap(files: ReadonlyMap<string, object>): object {
  const resources = (file: string): Tree[] =>
    (files.get(file) as { resources?: Tree[] } | undefined)?.resources ?? []
  const routes = [FILES.routes, FILES.plainRoutes].flatMap(resources).map(withoutType)
  const { dynamic_resources: _dynamic, ...bootstrap } = files.get(FILES.bootstrap) as Tree
  return {
    ...bootstrap,
    static_resources: {
      clusters: resources(FILES.clusters).map(withoutType),
      secrets: resources(FILES.secrets).map(withoutType),
      listeners: resources(FILES.listeners).map((listener) =>
        withoutType(makeStatic(listener, routes) as Tree),
      ),
    },
  }
}

/** Replaces each pointer to a file by what the file holds. */
function makeStatic(node: unknown, routes: readonly Tree[]): unknown {
  if (Array.isArray(node)) return node.map((member) => makeStatic(member, routes))
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'rds') {
      const wanted = (value as Tree)['route_config_name']
      return [['route_config', routes.find((one) => one['name'] === wanted)]]
    }
    if (name === 'sds_config') return []
    return [[name, makeStatic(value, routes)]]
  })
  return Object.fromEntries(entries)
}

/** A resource names its type only inside `Any`. */
function withoutType({ '@type': _type, ...rest }: Tree): Tree {
  return rest
}
