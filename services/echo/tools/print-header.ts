/** `printHeader`: the headers that reached this server, in groups. */

import { z } from 'zod'
import { HIDDEN, visibleHeaders } from '../hidden-headers.ts'
import { defineReport, NO_ARGUMENTS } from './tool.ts'

/** The first that fits. */
const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ['Who calls, as the gateway says', /^x-(?:user|auth)-/],
  ['The protocol', /^(?:mcp-|last-event-id$)/],
  ['The way here', /^(?:x-forwarded-|x-envoy-|x-request-id$|forwarded$|via$|x-gateway-|host$)/],
  ['The client', /^(?:user-agent$|origin$|referer$|sec-|accept)/],
  ['The body', /^content-/],
  ['Everything else', /^/],
]

export const printHeaderTool = defineReport({
  name: 'printHeader',
  description: 'Shows the HTTP headers that reached this server; what opens anything is hidden.',
  input: NO_ARGUMENTS,
  output: z.object({ headers: z.record(z.string(), z.string()) }),
  run(_, call) {
    const headers = visibleHeaders(call.headers)
    return { text: toLines(headers).join('\n'), facts: { headers: Object.fromEntries(headers) } }
  },
})

function toLines(headers: ReadonlyMap<string, string>): string[] {
  const groupOf = ([name]: readonly [string, string]): string =>
    GROUPS.find(([, names]) => names.test(name))?.[0] ?? ''
  const groups = Map.groupBy(headers, groupOf)
  const paragraphs = GROUPS.flatMap(([title]) => {
    const lines = (groups.get(title) ?? []).map(([name, text]) => `  ${name}: ${text}`)
    return lines.length === 0 ? [] : [`${title}:`, ...lines, '']
  })
  const isHidden = [...headers.values()].includes(HIDDEN)
  return [
    `${headers.size} headers reached this server.`,
    '',
    ...paragraphs,
    ...(isHidden ? [`${HIDDEN}: its text opens something, so no part of it is shown.`] : []),
    'Authorization and Cookie never come this far through the gateway: it takes them away.',
  ]
}
