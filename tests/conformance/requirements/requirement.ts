/** One thing that the specifications ask of this gateway. */
export interface Requirement {
  readonly source: string
  readonly behavior: string
}

export const RFC = 'https://www.rfc-editor.org/rfc'
export const MCP = 'https://modelcontextprotocol.io/specification/2025-11-25/basic'
