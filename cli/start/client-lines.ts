/** For each service, the line that adds it to a client, ready to be pasted. */

import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { peopleLines } from './people-lines.ts'

type Rendering = (name: string, url: string) => string

/** The shapes are those clients' own. */
const CLIENTS: readonly (readonly [string, Rendering])[] = [
  ['Claude Code', (name, url) => `claude mcp add --transport http ${name} ${url}`],
  ['VS Code', (name, url) => `code --add-mcp '${JSON.stringify({ name, type: 'http', url })}'`],
  ['Cursor', toCursorLink],
  ['mcp-remote', (_name, url) => `npx mcp-remote ${url}`],
  [
    'Inspector',
    (_name, url) =>
      `npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list`,
  ],
]

/** Names are `[a-z0-9-]` and URLs ours: nothing here needs quoting for a shell. */
export function clientLines(name: string, url: string): string[] {
  const width = Math.max(...CLIENTS.map(([client]) => client.length))
  return CLIENTS.map(([client, render]) => `${client.padEnd(width)}  ${render(name, url)}`)
}

function toCursorLink(name: string, url: string): string {
  const config = Buffer.from(JSON.stringify({ url })).toString('base64')
  const query = new URLSearchParams({ name, config })
  return `cursor://anysphere.cursor-deeplink/mcp/install?${query}`
}

/** What is printed once everything serves; its last line is the one that programs wait for. */
export function readyLines(gateway: Gateway, tookMs: number): string[] {
  const { addresses, services, stateDirectory } = gateway
  return [
    '',
    ...[...services.values()].flatMap(({ name, description }) => {
      const url = addresses.resourceOf(name)
      const words = description === '' ? '' : `  ${description}`
      return [`${name}  ${url}${words}`, ...clientLines(name, url).map((line) => `    ${line}`), '']
    }),
    ...peopleLines(gateway),
    `Keys, data and logs are in ${stateDirectory}. Ready after ${(tookMs / 1000).toFixed(1)} s; Ctrl-C ends it.`,
    `ready ${addresses.issuer}`,
  ]
}
