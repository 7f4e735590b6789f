/** The official SDK's client of the first generation, which answers whatever a server asks it, and notes it. */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  type ClientCapabilities,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type ElicitResult,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Bridge, Caller } from './bridge.ts'
import { patient } from './sdk-client.ts'

export const ALL_CAPABILITIES: ClientCapabilities = {
  sampling: {},
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
}

export const WORD = { type: 'text', text: 'hello' } as const
export const FOLDERS = [{ uri: 'file:///home/ann', name: 'home' }]

export interface AskedClient {
  readonly client: Client
  /** The params of each request of the server, by its method. */
  readonly asked: { method: string; params: unknown }[]
  /** Notifications by method. */
  readonly told: string[]
}

export interface AskedOptions {
  readonly capabilities?: ClientCapabilities
  readonly caller?: Caller
  /** The answer to each question. */
  readonly elicit?: () => ElicitResult | Promise<ElicitResult>
}

export async function connectAsked(
  bridge: Pick<Bridge, 'fetch'>,
  service: string,
  { capabilities = ALL_CAPABILITIES, caller, elicit = () => ACCEPTED }: AskedOptions = {},
): Promise<AskedClient> {
  const client = new Client({ name: 'asked', version: '1' }, { capabilities })
  const asked: AskedClient['asked'] = []
  const told: string[] = []
  const note = ({ method, params }: { method: string; params?: unknown }): void =>
    void asked.push({ method, params })
  if (capabilities.elicitation !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, async (request) => {
      note(request)
      return await elicit()
    })
  }
  if (capabilities.sampling !== undefined) {
    client.setRequestHandler(CreateMessageRequestSchema, (request) => {
      note(request)
      return { model: 'm', role: 'assistant' as const, content: WORD }
    })
  }
  if (capabilities.roots !== undefined) {
    client.setRequestHandler(ListRootsRequestSchema, (request) => {
      note(request)
      return { roots: FOLDERS }
    })
  }
  client.fallbackNotificationHandler = ({ method }) => Promise.resolve(void told.push(method))
  const url = new URL(`http://gateway/${service}/mcp`)
  await client.connect(
    new StreamableHTTPClientTransport(url, { fetch: patient(bridge.fetch(caller)) }),
  )
  return { client, asked, told }
}

const ACCEPTED: ElicitResult = { action: 'accept', content: { name: 'ann' } }
