/** A service's name, made of what it is called elsewhere. */

import { isReserved, SERVICE_NAME, slugServiceName } from '../../lib/catalogue/service-name.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'

/** Words that say only that it is an MCP server. */
const NOISE = new Set(['mcp', 'server', 'servers', 'modelcontextprotocol', 'api', 'www', 'com'])

/** E.g. `@modelcontextprotocol/server-memory` → `memory`, `https://mcp.linear.app/mcp` → `linear`. */
export function suggestName(text: string): string {
  const words = slugServiceName(text).split('-')
  const telling = words.filter((word) => !NOISE.has(word))
  return slugServiceName((telling.length > 0 ? telling : words).join('-'))
}

/** Of an address: the part of its host that is not everybody's. */
export function suggestNameOfUrl(url: string): string {
  const labels = (URL.parse(url)?.hostname ?? '').split('.')
  // The last one is the country's or the trade's, if there are several.
  return suggestName((labels.length > 1 ? labels.slice(0, -1) : labels).join('-'))
}

/** Of an image: its last segment, without tag and digest. */
export function suggestNameOfImage(image: string): string {
  return suggestName(
    image
      .replace(/@.*$/, '')
      .replace(/:[^/]*$/, '')
      .split('/')
      .at(-1) ?? '',
  )
}

/** @throws CliError when it cannot be one. */
export function requireName(name: string): string {
  if (SERVICE_NAME.test(name) && !isReserved(name)) return name
  const why = isReserved(name) ? 'is reserved' : 'must be 1 to 63 of a-z 0-9 -, no - at its ends'
  throw new CliError(`The name "${name}" ${why}.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: `--name ${slugServiceName(name) || 'NAME'}`,
  })
}
