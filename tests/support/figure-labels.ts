/** What figures may be told by: whatever names a person or a client has no bound, and is nobody's business. */

import parse, { type Family } from 'parse-prometheus-text-format'

const LABELS = new Set([
  ...['reason', 'route', 'status', 'provider', 'outcome', 'decision', 'grant_type', 'change'],
  ...['what', 'operation', 'limit', 'service', 'method', 'state', 'part'],
  ...['gateway', 'node', 'envoy', 'valkey'],
])

/** Labels of one figure that are none of these. */
export function strangeLabels({ metrics }: Family): string[] {
  const labels = metrics.flatMap((metric) => Object.keys(metric.labels ?? {}))
  return [...new Set(labels)].filter((label) => !LABELS.has(label))
}

/** Those of our figures on a page that have been told of with labels, by name; with what is wrong about them. */
export function labelledFigures(page: string): ReadonlyMap<string, readonly string[]> {
  const ours = parse(page).filter(({ name }) => name.startsWith('mcp_gateway_'))
  const labelled = ours.filter(({ metrics }) =>
    metrics.some(({ labels }) => Object.keys(labels ?? {}).length > 0),
  )
  return new Map(labelled.map((family) => [family.name, strangeLabels(family)]))
}
