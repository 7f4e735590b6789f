/** Trying a server before it is written down: it is started, or asked, as the gateway would, and lists its tools. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CliError } from '../cli-error.ts'
import { escapeControls } from '../log/terminal-line.ts'

export interface OfferedTool {
  readonly name: string
  readonly description: string
}

export interface Trial {
  /** As it calls itself. */
  readonly server: { readonly name: string; readonly version: string }
  readonly tools: readonly OfferedTool[]
}

export interface Candidate {
  readonly transport: Transport
  /** What it says beside the protocol, for people. */
  readonly said: () => string
  close(): Promise<void>
}

const ABOUT_US = { name: 'mcp-oauth-gateway', version: '1' }
/** A launcher may have to fetch the package first. */
const CONNECT_MS_MAX = 180_000
const LIST_MS_MAX = 30_000
const PAGES_MAX = 100
/** At each end. */
const SAID_LINES = 5

/**
 * Connects, lists the tools and leaves.
 * @param name of the service, for errors.
 * @throws CliError naming it, with what it printed.
 */
export async function tryServer(name: string, candidate: Candidate): Promise<Trial> {
  const client = new Client(ABOUT_US)
  try {
    await client.connect(candidate.transport, { timeout: CONNECT_MS_MAX })
    const about = client.getServerVersion()
    const tools = client.getServerCapabilities()?.tools === undefined ? [] : await listTools(client)
    return { server: { name: about?.name ?? '', version: about?.version ?? '' }, tools }
  } catch (cause) {
    throw failed(name, cause, candidate.said())
  } finally {
    await candidate.close()
  }
}

async function listTools(client: Client): Promise<OfferedTool[]> {
  const found: OfferedTool[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const params = cursor === undefined ? {} : { cursor }
    const { tools, nextCursor } = await client.listTools(params, { timeout: LIST_MS_MAX })
    found.push(...tools.map((tool) => ({ name: tool.name, description: tool.description ?? '' })))
    if (nextCursor === undefined) return found
    cursor = nextCursor
  }
  return found
}

function failed(name: string, cause: unknown, said: string): CliError {
  const lines = shorten(said.trim().split('\n').filter(Boolean))
  const message = toReason(cause).replaceAll(/\s+/g, ' ')
  const words = [`${name} did not work: ${escapeControls(message)}`, ...lines.map(toQuote)]
  return new CliError(words.join('\n'), {
    nextStep: 'mend it, then try again',
    cause,
  })
}

/** Node's `fetch` says only that it failed; why, its cause tells. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, message } = (error.cause ?? {}) as {
    readonly code?: unknown
    readonly message?: unknown
  }
  const reason = code ?? message
  return reason === undefined ? error.message : `${error.message} (${String(reason)})`
}

/** Node says what was wrong first, Python last. */
function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= 2 * SAID_LINES) return lines
  return [...lines.slice(0, SAID_LINES), '…', ...lines.slice(-SAID_LINES)]
}

function toQuote(line: string): string {
  return `  | ${escapeControls(line)}`
}

/** A folder that stands for the service's own while it is on trial. */
export function makeTrialFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gateway-trial-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) }
}

export function makeFolders(folders: readonly string[]): void {
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o700 })
}
