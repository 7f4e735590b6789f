/** The file in which a client keeps its servers: JSON, often with comments, or TOML, in one of a few shapes. */

import { readFileSync } from 'node:fs'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml } from 'smol-toml'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { CliError } from '../../cli-error.ts'

export interface ClientFile {
  /** As the client wrote them, by name. */
  readonly entries: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

const BYTES_MAX = 1_048_576

/** @throws CliError when it cannot be read, or has no servers. */
export function readClientFile(path: string): ClientFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`)
  }
  if (text.length > BYTES_MAX) throw new CliError(`${path} is too large for a client's file.`)
  return parseClientFile(text, path)
}

/** @param path what errors call it. */
export function parseClientFile(text: string, path: string): ClientFile {
  const content = path.endsWith('.toml') ? readToml(text, path) : parseJsonWithComments(text, path)
  const servers = findServers(content)
  if (servers === undefined) {
    throw new CliError(`${path} has no servers that could be imported.`, {
      nextStep:
        'it needs mcpServers (Claude, Cursor, Windsurf), servers (VS Code), context_servers (Zed) or mcp_servers (Codex)',
    })
  }
  // What is no object names no server: as one that is empty it is left out, and told.
  const entries = Object.entries(servers).map(
    ([name, entry]) => [name, isObject(entry) ? entry : {}] as const,
  )
  return { entries: new Map(entries) }
}

/** Claude, Cursor, Windsurf, Gemini; VS Code's mcp.json and settings; Zed's settings; Codex. */
function findServers(content: unknown): JsonObject | undefined {
  if (!isObject(content)) return undefined
  const { mcp } = content
  const places = [
    content['mcpServers'],
    content['servers'],
    content['context_servers'],
    content['mcp_servers'],
    isObject(mcp) ? mcp['servers'] : undefined,
    content['mcp.servers'],
  ]
  return places.find(isObject)
}

function parseJsonWithComments(source: string, path: string): unknown {
  const errors: ParseError[] = []
  const text = source.replace(/^\uFEFF/, '')
  const content: unknown = parse(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first === undefined) return content
  const before = text.slice(0, first.offset).split('\n')
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
  throw new CliError(`${path} is no JSON: ${printParseErrorCode(first.error)} at ${place}.`)
}

function readToml(text: string, path: string): unknown {
  try {
    return parseToml(text)
  } catch (error) {
    throw new CliError(`${path} is no TOML: ${(error as Error).message.split('\n')[0]}`)
  }
}
