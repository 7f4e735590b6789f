/** `limits.md`: the bounds that people meet, with their settings, and every bound of the code by name. */

import { type Bound, findBounds } from './bounds.ts'
import { MET, type Met } from './limits-met.ts'
import { code, GENERATED, page, plain, table } from './markdown.ts'

export function limitsPage(): string {
  const bounds = findBounds()
  return page(
    GENERATED,
    '# Limits',
    INTRODUCTION,
    ...[...new Set(MET.map(({ about }) => about))].flatMap((about) => [
      `## ${about}`,
      metTable(
        MET.filter((one) => one.about === about),
        bounds,
      ),
    ]),
    '## Every bound of the code',
    ALL,
    ...ROOMS.flatMap((room) => roomTable(room, bounds)),
  )
}

const INTRODUCTION = `Beyond each bound there is an answer, never a hang. Those with a setting can be changed; the others are constants, with the
name that the code has for them. Lifetimes are in [configuration](configuration.md#lifetimes); what bounds each service that comes along is
[a table of its own](services.md#what-bounds-each), and [the edge](edge.md#what-a-stranger-can-send-and-where-it-ends) and [the bridge](bridge.md#bounds)
tell theirs in context.`

const ALL = `What ends in \`_MAX\`, in the words of the code beside it. Those of one's own tools on the command line are left out.`

const ROOMS = ['ext-authz', 'oauth-server', 'mcp-bridge', 'envoy', 'certs', 'services', 'lib']

function metTable(met: readonly Met[], bounds: ReadonlyMap<string, Bound>): string {
  const rows = met.map(({ what, is, past, setting = '' }) => [
    what,
    ...[is, past, setting].map((text) => withValues(text, bounds)),
  ])
  return table(['what', 'bound', 'past it', 'setting'], rows)
}

/** `{path#NAME}` is what the code has there. */
function withValues(text: string, bounds: ReadonlyMap<string, Bound>): string {
  return text.replaceAll(/\{([^}]+)\}/g, (_, key: string) => {
    const bound = bounds.get(key)
    if (bound === undefined) throw new Error(`docs/generate/limits-met.ts: the code has no ${key}`)
    return bound.words
  })
}

function roomTable(room: string, bounds: ReadonlyMap<string, Bound>): string[] {
  const rows = [...bounds.values()]
    .filter(({ path, name }) => path.startsWith(`${room}/`) && name.endsWith('_MAX'))
    .map(({ name, words, remark, path }) => [code(name), words, plain(remark), path])
  return rows.length === 0 ? [] : [`### ${room}`, table(['name', 'bound', '', 'file'], rows)]
}
