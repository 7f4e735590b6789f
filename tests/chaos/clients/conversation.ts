/** A connected MCP client of either era. */

import {
  Client as NewClient,
  StreamableHTTPClientTransport as NewTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { FetchLike } from '../../support/socket-fetch.ts'

export interface Told {
  readonly text: string
  readonly facts: Readonly<Record<string, unknown>>
  /** What it was told on the way. */
  readonly progress: readonly string[]
}

export interface Conversation {
  /** Of a session; undefined without one. */
  readonly sessionId: string | undefined
  call(name: string, args: Record<string, unknown>): Promise<Told>
  close(): Promise<void>
}

export type Era = 'session' | 'stateless'

const ABOUT = { name: 'chaos', version: '1' }
const CALL_MS_MAX = 12_000

export function converse(era: Era, endpoint: string, fetch: FetchLike): Promise<Conversation> {
  return era === 'session' ? openSession(endpoint, fetch) : openStateless(endpoint, fetch)
}

async function openSession(endpoint: string, fetch: FetchLike): Promise<Conversation> {
  const client = new Client(ABOUT)
  const transport = new StreamableHTTPClientTransport(new URL(endpoint), { fetch })
  await client.connect(transport)
  return {
    sessionId: transport.sessionId,
    call: (name, args) =>
      telling((onprogress) =>
        client.callTool({ name, arguments: args }, undefined, { timeout: CALL_MS_MAX, onprogress }),
      ),
    async close() {
      await transport.terminateSession().catch(() => {})
      await client.close()
    },
  }
}

async function openStateless(endpoint: string, fetch: FetchLike): Promise<Conversation> {
  const client = new NewClient(ABOUT, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new NewTransport(new URL(endpoint), { fetch }))
  return {
    sessionId: undefined,
    call: (name, args) =>
      telling((onprogress) =>
        client.callTool({ name, arguments: args }, { timeout: CALL_MS_MAX, onprogress }),
      ),
    close: () => client.close(),
  }
}

type OnProgress = (progress: { message?: string | undefined }) => void

interface Answer {
  readonly content?: readonly { readonly text?: string }[]
  readonly structuredContent?: Readonly<Record<string, unknown>>
}

async function telling(call: (onprogress: OnProgress) => Promise<object>): Promise<Told> {
  const progress: string[] = []
  const answer: Answer = await call(({ message }) => {
    if (message !== undefined) progress.push(message)
  })
  const { content = [], structuredContent = {} } = answer
  return {
    text: content.map(({ text }) => text ?? '').join('\n'),
    facts: structuredContent,
    progress,
  }
}
