/**
 * Clients whose programs are not to be had, as their makers' pages and issues describe what they send. Where they
 * know two ways to be known here, each way is a shape of its own.
 */

import { CHATGPT, CLAUDE_AI, VS_CODE } from '../fixtures/client-documents/documents.ts'
import type { Fields } from '../support/oauth-client.ts'
import { type ClientShape, shape } from './client-shapes.ts'

export interface ClosedClientShape extends ClientShape {
  /** On requests to the MCP endpoint. */
  readonly headers: Fields
  /** Of its first one, which has no token. */
  readonly opens: 'POST' | 'GET'
  /** Of MCP, in its `initialize`. */
  readonly version: string
  /** The address by which it is known, in place of a registration. */
  readonly document?: string
}

type Wire = Pick<ClosedClientShape, 'headers' | 'opens' | 'version' | 'document'>

const CLAUDE_CALLBACK = 'https://claude.ai/api/mcp/auth_callback'
const CHATGPT_CALLBACK = 'https://chatgpt.com/connector_platform_oauth_redirect'
const ANY = { Accept: '*/*' }
const VERSIONED = { ...ANY, 'MCP-Protocol-Version': '2025-11-25' }

const CLAUDE: Wire = {
  headers: { 'User-Agent': 'Claude-User', Accept: 'application/json, text/event-stream' },
  opens: 'POST',
  version: '2025-11-25',
}
const CHAT: Wire = {
  headers: {
    'User-Agent': 'Python/3.12 aiohttp/3.11',
    Accept: 'application/json, text/event-stream',
  },
  opens: 'POST',
  version: '2025-06-18',
}
const EDITOR: Wire = {
  headers: { 'User-Agent': 'node', Accept: 'text/event-stream, application/json' },
  opens: 'POST',
  version: '2025-11-25',
}

const VS_CODE_REGISTERED = {
  client_name: 'Visual Studio Code',
  client_uri: 'https://code.visualstudio.com',
  redirect_uris: VS_CODE.redirect_uris,
  grant_types: VS_CODE.grant_types,
  application_type: 'native',
  scope: 'mcp',
}
/** The one it listens at is another than it registered. */
const VS_CODE_PORT = 'http://127.0.0.1:51234/'

const CURSOR_CALLBACKS = [
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'http://localhost:8787/callback',
]

export const CLOSED: readonly ClosedClientShape[] = [
  {
    ...CLAUDE,
    ...shape('Claude, registered', CLAUDE_CALLBACK, {
      discovery: { ...VERSIONED, 'User-Agent': 'python-httpx/0.28' },
      scope: 'mcp',
      authentication: 'client_secret_post',
      registered: {
        client_name: 'Claude',
        token_endpoint_auth_method: 'client_secret_post',
        scope: 'mcp',
      },
    }),
  },
  {
    ...CLAUDE,
    ...shape('Claude, by document', CLAUDE_CALLBACK, { discovery: VERSIONED, scope: 'mcp' }),
    document: CLAUDE_AI.client_id,
  },
  {
    ...CHAT,
    ...shape('ChatGPT, registered', CHATGPT_CALLBACK, {
      discovery: ANY,
      registered: { client_name: 'ChatGPT' },
    }),
  },
  {
    ...CHAT,
    ...shape('ChatGPT, by document', CHATGPT_CALLBACK, { discovery: ANY }),
    document: CHATGPT.client_id,
  },
  {
    ...EDITOR,
    ...shape('VS Code, registered', VS_CODE_PORT, {
      scope: 'mcp',
      registered: VS_CODE_REGISTERED,
    }),
  },
  {
    ...EDITOR,
    ...shape('VS Code, its page', 'https://vscode.dev/redirect', {
      scope: 'mcp',
      registered: VS_CODE_REGISTERED,
    }),
  },
  {
    ...EDITOR,
    ...shape('VS Code, by document', VS_CODE_PORT, { scope: 'mcp' }),
    document: VS_CODE.client_id,
  },
  {
    ...EDITOR,
    ...shape('VS Code of 2025, without resource', VS_CODE_PORT, {
      scope: 'mcp',
      resource: ['none', 'none', 'none'],
      registered: VS_CODE_REGISTERED,
    }),
  },
  ...CURSOR_CALLBACKS.map((callback, index) => ({
    ...EDITOR,
    ...shape(`Cursor, callback ${index + 1}`, callback, {
      discovery: VERSIONED,
      scope: 'mcp',
      registered: { client_name: 'Cursor', redirect_uris: CURSOR_CALLBACKS, scope: 'mcp' },
    }),
  })),
]
