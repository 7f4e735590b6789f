/** What a server is told of who asks, where the gateway asks by itself. */
export const ABOUT_US = { name: 'mcp-oauth-gateway', version: '0.1.0' }
