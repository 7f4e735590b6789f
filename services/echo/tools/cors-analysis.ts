/** `corsAnalysis`: what the gateway's edge does about web pages (Fetch standard, CORS protocol), for this request. */

import { z } from 'zod'
import { headerText } from '../../native/arrival.ts'
import { gatewayIdentity } from '../who-calls.ts'
import { defineReport, NO_ARGUMENTS } from './tool.ts'

/** What the edge answers to a preflight and lets pages read; a unit test holds it to what Envoy is told. */
export const EDGE_CORS = {
  methods: 'GET, POST, DELETE, OPTIONS',
  requestHeaders:
    'authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id, *',
  exposedHeaders: 'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version',
  maxAgeSeconds: 600,
}

export const corsAnalysisTool = defineReport({
  name: 'corsAnalysis',
  description: 'Explains how web pages may call this server, for the Origin of this request.',
  input: NO_ARGUMENTS,
  output: z.object({
    origin: z.string().optional(),
    letInByEdge: z.boolean().describe('A gateway in front has let a page of this origin through.'),
    allowedMethods: z.string(),
    allowedRequestHeaders: z.string(),
    exposedHeaders: z.string(),
    preflightMaxAgeSeconds: z.number(),
    credentials: z.boolean(),
  }),
  run(_, { headers }) {
    const origin = headerText(headers, 'origin')
    const isBehindGateway = gatewayIdentity(headers) !== undefined
    const facts = {
      ...(origin !== '' && { origin }),
      letInByEdge: isBehindGateway && origin !== '',
      allowedMethods: EDGE_CORS.methods,
      allowedRequestHeaders: EDGE_CORS.requestHeaders,
      exposedHeaders: EDGE_CORS.exposedHeaders,
      preflightMaxAgeSeconds: EDGE_CORS.maxAgeSeconds,
      credentials: false,
    }
    return { text: [originWords(origin, isBehindGateway), ...RULES].join('\n'), facts }
  },
})

function originWords(origin: string, isBehindGateway: boolean): string {
  if (origin === '') {
    return 'This request has no Origin: no web page sent it, and no rule about origins applies.'
  }
  return isBehindGateway
    ? `This request is from a page of ${origin}, and it is here: the gateway allows that origin.`
    : `This request says it is from a page of ${origin}. No gateway stands in front, so nobody has judged that.`
}

const RULES = [
  '',
  'This server sets no CORS header: the edge of the gateway does, for every service alike.',
  '- Any other origin is refused with 403 before the token is looked at (MCP, Streamable HTTP: DNS rebinding).',
  '- Allowed are the gateway’s own pages, what MCP_CORS_ORIGINS lists, and pages of this machine while the gateway is reachable from this machine only.',
  `- A preflight needs no token: 204, methods ${EDGE_CORS.methods}, kept ${EDGE_CORS.maxAgeSeconds} s.`,
  `- A page may send: ${EDGE_CORS.requestHeaders}.`,
  `- A page may read: ${EDGE_CORS.exposedHeaders}.`,
  '- Access-Control-Allow-Credentials is never sent: a page brings its token itself, and cookies mean nothing here.',
]
