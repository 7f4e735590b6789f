/** What real clients were seen to send, by client. Pure data; `R` is the MCP endpoint, `O` its origin. */

import type { Fields } from '../support/oauth-client.ts'

export type ResourceWord = 'R' | 'O' | 'none'

export interface ClientShape {
  readonly name: string
  /** On metadata requests; nothing else is sent, no `Accept` and no `User-Agent` either. */
  readonly discovery: Fields
  readonly registration: object
  /** Where it listens when the person has decided. */
  readonly redirectUri: string
  /** `*`: all that the metadata lists; undefined: none. */
  readonly scope?: string
  readonly prompt?: string
  readonly state?: string
  /** At authorize, code exchange and refresh. */
  readonly resource: readonly [ResourceWord, ResourceWord, ResourceWord]
  readonly authentication: 'none' | 'client_secret_post' | 'client_secret_basic'
  readonly refreshScope?: string
  readonly granted: string
}

const PUBLIC = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}
const EVERYWHERE = ['R', 'R', 'R'] as const
const CHALLENGE_SCOPE = 'mcp'
const OFFLINE = 'mcp offline_access'
const LATEST = { 'MCP-Protocol-Version': '2026-07-28' }
const SESSIONS = { 'MCP-Protocol-Version': '2025-11-25' }
const OLD = { 'MCP-Protocol-Version': '2024-11-05' }

/** A client as most are. */
export function shape(
  name: string,
  redirectUri: string,
  more: Partial<ClientShape> & { readonly registered?: object },
): ClientShape {
  const { registered, ...changes } = more
  return {
    name,
    discovery: { ...SESSIONS, Accept: '*/*' },
    registration: { client_name: name, redirect_uris: [redirectUri], ...PUBLIC, ...registered },
    redirectUri,
    scope: OFFLINE,
    state: 'state-of-the-client',
    resource: EVERYWHERE,
    authentication: 'none',
    granted: changes.scope ?? OFFLINE,
    ...changes,
  }
}

const NATIVE = { application_type: 'native' }
const CONSENT = { prompt: 'consent' }
const CHALLENGED = { scope: CHALLENGE_SCOPE }

export const TODAY: readonly ClientShape[] = [
  shape('TypeScript SDK 1.32', 'http://localhost:33333/callback', {
    ...CHALLENGED,
    registered: { scope: 'mcp' },
  }),
  shape('TypeScript SDK 2.4', 'http://localhost:33333/callback', {
    ...CHALLENGED,
    registered: NATIVE,
  }),
  shape('Python 1.30', 'http://localhost:33334/callback', {
    ...CHALLENGED,
    discovery: SESSIONS,
    authentication: 'client_secret_post',
    registered: { token_endpoint_auth_method: 'client_secret_post', scope: 'mcp' },
  }),
  shape('Python 2.3', 'http://localhost:33334/callback', {
    ...CONSENT,
    discovery: LATEST,
    registered: { ...NATIVE, scope: OFFLINE },
  }),
  shape('FastMCP 4.1', 'http://localhost:53121/callback', {
    ...CONSENT,
    discovery: LATEST,
    registered: { ...NATIVE, client_name: 'FastMCP Client' },
  }),
  shape('mcp-remote 0.15', 'http://localhost:19742/oauth/callback', {
    ...CONSENT,
    refreshScope: OFFLINE,
    registered: {
      ...NATIVE,
      client_name: 'MCP CLI Proxy',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.15.1',
    },
  }),
  shape('Inspector 2.12', 'http://127.0.0.1:6276/oauth/callback', {
    ...CONSENT,
    registered: { ...NATIVE, client_uri: 'https://github.com/modelcontextprotocol/inspector' },
  }),
  shape('Claude Code 2.1', 'http://localhost:61044/callback', {
    ...CONSENT,
    registered: { client_name: 'Claude Code (echo)', redirect_uris: ['http://localhost/callback'] },
  }),
  shape('Codex 0.169', 'http://127.0.0.1:42611/callback', { discovery: OLD }),
  shape('Qwen Code 0.24', 'http://localhost:7777/oauth/callback', {
    ...CHALLENGED,
    discovery: {},
    resource: ['R', 'R', 'none'],
    registered: { code_challenge_method: ['S256'] },
  }),
  shape('mcpc 0.2', 'http://localhost:8000/callback', {
    name: 'mcpc 0.2',
    ...CHALLENGED,
    state: '',
  }),
  shape('Go SDK 1.8', 'http://localhost:38203/callback', {
    discovery: {},
    authentication: 'client_secret_basic',
    resource: ['R', 'R', 'none'],
    registered: { ...NATIVE, token_endpoint_auth_method: undefined },
  }),
  shape('mcp-go 1.2', 'http://localhost:8085/oauth/callback', {
    discovery: LATEST,
    scope: '',
    granted: 'mcp',
    registered: { scope: '', resource: 'http://localhost/echo/mcp' },
  }),
  shape('rmcp 3.11', 'http://127.0.0.1:39001/callback', {
    discovery: OLD,
    registered: { scope: OFFLINE },
  }),
  shape('AI SDK 2.0', 'http://localhost:3000/callback', {
    ...CHALLENGED,
    discovery: LATEST,
    registered: NATIVE,
  }),
  shape('Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback', { ...CHALLENGED }),
]

/** They follow no hint to the metadata of the resource, or name none. */
export const YESTERDAY: readonly ClientShape[] = [
  shape('TypeScript SDK 1.11', 'http://localhost:33333/callback', {
    discovery: {},
    scope: '',
    granted: 'mcp',
    resource: ['none', 'none', 'none'],
  }),
  shape('TypeScript SDK 1.17', 'http://localhost:33333/callback', {
    ...CHALLENGED,
    discovery: { 'MCP-Protocol-Version': '2025-06-18' },
  }),
  shape('mcp-remote 0.1.18', 'http://localhost:19742/oauth/callback', {
    scope: 'openid email profile',
    granted: 'mcp openid profile',
    resource: ['R', 'none', 'R'],
    registered: { client_uri: 'https://github.com/modelcontextprotocol/mcp-cli' },
  }),
  shape('Python 1.9', 'http://localhost:33334/callback', {
    discovery: { 'MCP-Protocol-Version': '2025-03-26' },
    scope: '',
    granted: 'mcp',
    resource: ['none', 'none', 'none'],
  }),
  shape('Python 1.12', 'http://localhost:33334/callback', {
    discovery: { 'MCP-Protocol-Version': '2025-06-18' },
    scope: '*',
    registered: { scope: '*' },
  }),
]

export const FASTMCP_2 = shape('FastMCP 2.12', 'http://localhost:53122/callback', {
  discovery: { 'MCP-Protocol-Version': '2025-06-18' },
  scope: '',
  granted: 'mcp',
  resource: ['O', 'O', 'O'],
  authentication: 'client_secret_post',
  registered: { token_endpoint_auth_method: 'client_secret_post', scope: '' },
})

export const CODEX_UNGRANTED = shape('Codex 0.169', 'http://127.0.0.1:42612/callback', {
  discovery: OLD,
  scope: 'mcp offline_access other:thing',
  refreshScope: 'mcp offline_access other:thing',
  granted: OFFLINE,
})

export const GEMINI = shape('Gemini CLI 0.61', 'http://localhost:40233/oauth/callback', {
  discovery: { Accept: '*/*' },
  scope: '*',
})

export const MCP_USE = shape('mcp-use 1.7', 'http://localhost:8080/callback', {
  ...CHALLENGED,
  discovery: {},
  resource: ['R', 'none', 'none'],
  registered: { grant_types: ['authorization_code'] },
})

export const OPENCODE = shape('opencode 1.18', 'http://127.0.0.1:19876/mcp/oauth/callback', {
  ...CONSENT,
  registered: { client_uri: 'https://opencode.ai' },
})

export const MCPORTER = shape('mcporter 0.12', 'http://127.0.0.1:36001/callback', CHALLENGED)

export const USE_MCP = shape('use-mcp 0.0.21', 'http://localhost:5173/oauth/callback', {
  ...CHALLENGED,
  discovery: { ...SESSIONS, Origin: 'http://localhost:5173' },
  registered: { client_uri: 'http://localhost:5173' },
})
