/** Which headers travel through a proxy: all but those that speak of one connection (RFC 9110 section 7.6.1). */

import type { OutgoingHttpHeaders } from 'node:http'

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** @param raw names and values by turns, as Node's parser gives them: what came twice goes on twice. */
export function endToEndHeaders(
  raw: readonly string[],
  isDropped: (name: string) => boolean = () => false,
): OutgoingHttpHeaders {
  const pairs = toPairs(raw)
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
  const dropped = new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())])
  const kept: Record<string, string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const key = name.toLowerCase()
    if (dropped.has(key) || isDropped(key)) continue
    kept[key] = [...(kept[key] ?? []), value]
  }
  return kept
}

function toPairs(raw: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  }
  return pairs
}
