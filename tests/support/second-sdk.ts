/** The official TypeScript client of the second generation, in a folder of its own, kept for next time. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FetchLike } from './socket-fetch.ts'

const PACKAGE = '@modelcontextprotocol/client'
const VERSION = '2.4.0'

export interface SecondClient {
  connect(transport: unknown): Promise<void>
  close(): Promise<void>
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(
    call: { name: string; arguments: object },
    options?: object,
  ): Promise<{ content: { text?: string }[] }>
  setRequestHandler(method: string, handler: (request: unknown) => unknown): void
}

export interface SecondSdk {
  readonly Client: new (about: object, options?: object) => SecondClient
  readonly StreamableHTTPClientTransport: new (
    url: URL,
    options?: { fetch?: FetchLike; sessionId?: string },
  ) => { readonly sessionId: string | undefined }
}

/** Undefined without a package registry. */
export async function secondSdk(): Promise<SecondSdk | undefined> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(cache, 'mcp-oauth-gateway', `test-sdk-${VERSION}`)
  const entry = join(folder, 'node_modules', PACKAGE, 'dist/index.mjs')
  if (!existsSync(entry) && !install(folder)) return undefined
  return (await import(pathToFileURL(entry).href)) as SecondSdk
}

function install(folder: string): boolean {
  const coming = `${folder}.${process.pid}`
  mkdirSync(coming, { recursive: true })
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', coming]
  const { status } = spawnSync('npm', [...args, `${PACKAGE}@${VERSION}`])
  if (status === 0) renameSync(coming, folder)
  else rmSync(coming, { recursive: true, force: true })
  return status === 0
}
