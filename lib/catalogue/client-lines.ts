/**
 * How a service is added to a client: the line to type, or the file to write. The shapes are those
 * clients' own.
 *
 * Names are `[a-z0-9-]` and URLs ours: nothing here needs quoting for a shell.
 */

/** `settings`: pasted where the client's settings ask for an address. */
export type ClientLineKind = 'command' | 'file' | 'settings' | 'link'

export interface ClientLine {
  readonly kind: ClientLineKind
  /** Of a file: its path, for people. */
  readonly place?: string
  readonly text: string
}

export interface ClientEntry {
  readonly id: ClientId
  readonly name: string
  /** It runs in the cloud: a gateway on this machine alone is out of its reach. */
  readonly isRemote?: boolean
  /** The first is what most will take. */
  readonly lines: readonly ClientLine[]
}

export type ClientId =
  | 'claude'
  | 'claude-code'
  | 'chatgpt'
  | 'vscode'
  | 'cursor'
  | 'codex'
  | 'gemini'
  | 'mcp-remote'
  | 'inspector'

export function clientEntries(name: string, url: string): readonly ClientEntry[] {
  const command = (text: string): ClientLine => ({ kind: 'command', text })
  const file = (place: string, text: string): ClientLine => ({ kind: 'file', place, text })
  const json = (place: string, content: object): ClientLine =>
    file(place, JSON.stringify(content, null, 2))
  const address: ClientLine = { kind: 'settings', text: url }
  return [
    { id: 'claude', name: 'Claude', isRemote: true, lines: [address] },
    {
      id: 'claude-code',
      name: 'Claude Code',
      lines: [command(`claude mcp add --transport http ${name} ${url}`)],
    },
    { id: 'chatgpt', name: 'ChatGPT', isRemote: true, lines: [address] },
    {
      id: 'vscode',
      name: 'VS Code',
      lines: [
        command(`code --add-mcp '${JSON.stringify({ name, type: 'http', url })}'`),
        json('.vscode/mcp.json', { servers: { [name]: { type: 'http', url } } }),
      ],
    },
    {
      id: 'cursor',
      name: 'Cursor',
      lines: [
        { kind: 'link', text: toCursorLink(name, url) },
        json('~/.cursor/mcp.json', { mcpServers: { [name]: { url } } }),
      ],
    },
    {
      id: 'codex',
      name: 'Codex',
      lines: [
        command(`codex mcp add ${name} --url ${url}\ncodex mcp login ${name}`),
        file('~/.codex/config.toml', `[mcp_servers.${name}]\nurl = "${url}"`),
      ],
    },
    {
      id: 'gemini',
      name: 'Gemini CLI',
      lines: [
        command(`gemini mcp add --scope user --transport http ${name} ${url}`),
        json('~/.gemini/settings.json', { mcpServers: { [name]: { httpUrl: url } } }),
      ],
    },
    {
      id: 'mcp-remote',
      name: 'mcp-remote',
      lines: [
        command(`npx mcp-remote ${url}`),
        json('mcp.json', {
          mcpServers: { [name]: { command: 'npx', args: ['-y', 'mcp-remote', url] } },
        }),
      ],
    },
    {
      id: 'inspector',
      name: 'Inspector',
      lines: [
        command(
          `npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list`,
        ),
      ],
    },
  ]
}

function toCursorLink(name: string, url: string): string {
  const config = Buffer.from(JSON.stringify({ url })).toString('base64')
  const query = new URLSearchParams({ name, config })
  return `cursor://anysphere.cursor-deeplink/mcp/install?${query}`
}
