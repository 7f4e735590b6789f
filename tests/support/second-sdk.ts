/** The official TypeScript client of the second generation, in a folder of its own, kept for next time. */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NotInstalled, npmPackage } from './installed-packages.ts'
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
  try {
    const folder = await npmPackage(PACKAGE, VERSION)
    const entry = join(folder, 'node_modules', PACKAGE, 'dist/index.mjs')
    return (await import(pathToFileURL(entry).href)) as SecondSdk
  } catch (error) {
    if (error instanceof NotInstalled) return undefined
    throw error
  }
}
