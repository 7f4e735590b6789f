/** For each service, the line that adds it to a client, ready to be pasted. */

import { clientEntries } from '../../lib/catalogue/client-lines.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { peopleLines } from './people-lines.ts'

/** One line each: who sees a terminal wants what can be typed, or followed. */
export function clientLines(name: string, url: string): string[] {
  const entries = clientEntries(name, url).filter(({ isRemote }) => !isRemote)
  const width = Math.max(...entries.map((entry) => entry.name.length))
  return entries.map((entry) => {
    const text = entry.lines[0]?.text.replaceAll('\n', ' && ') ?? ''
    return `${entry.name.padEnd(width)}  ${text}`
  })
}

/** Envoy's own pages: on loopback alone, in containers, too. */
export function adminUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** What is printed once everything serves; its last line is the one that programs wait for. */
export function readyLines(gateway: Gateway, tookMs: number): string[] {
  const { addresses, services, stateDirectory, adminPort } = gateway
  return [
    '',
    ...[...services.values()].flatMap(({ name, description }) => {
      const url = addresses.resourceOf(name)
      const words = description === '' ? '' : `  ${description}`
      return [`${name}  ${url}${words}`, ...clientLines(name, url).map((line) => `    ${line}`), '']
    }),
    ...peopleLines(gateway),
    `Envoy's own page: ${adminUrl(adminPort)} (docs/debugging.md says where to look).`,
    `Keys, data and logs are in ${stateDirectory}. Ready after ${(tookMs / 1000).toFixed(1)} s; Ctrl-C ends it.`,
    `ready ${addresses.issuer}`,
  ]
}
