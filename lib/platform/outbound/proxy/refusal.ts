/** What the proxy answers itself: a status, a word for programs (RFC 9209), a sentence for people. */

import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { STATUS_CODES } from '../../node-http.ts'
import { type Destination, describeDestination } from '../destination.ts'
import { OutboundError, type OutboundFault } from '../outbound-error.ts'

export interface Refusal {
  readonly status: number
  /** Of RFC 9209 section 2.3. */
  readonly type: string
  readonly sentence: string
}

/** What can go wrong with a connection, as the proxy tells it. */
const TOLD = {
  address: [403, 'destination_ip_prohibited'],
  port: [403, 'http_request_denied'],
  unresolved: [502, 'dns_error'],
  connection: [502, 'destination_unavailable'],
  deadline: [504, 'connection_timeout'],
} as const satisfies Readonly<Partial<Record<OutboundFault, readonly [number, string]>>>

/** Of policy, not of the network: an operator can change it. */
const CURE = ' The operator of this gateway can allow it with EGRESS_ALLOW.'

export function badRequest(sentence: string, status = 400): Refusal {
  return { status, type: 'http_request_error', sentence }
}

export function refusalOf(error: unknown, destination: Destination): Refusal {
  const fault = error instanceof OutboundError ? error.fault : 'connection'
  const [status, type] = TOLD[fault as keyof typeof TOLD] ?? TOLD.connection
  const reason = error instanceof OutboundError ? error.message : 'It broke.'
  const cure = status === 403 ? CURE : ''
  const sentence = `No connection to ${describeDestination(destination)}. ${reason}${cure}`
  return { status, type, sentence }
}

/** The reverse, for who asks the proxy: what a `Proxy-Status` of ours stands for. */
export function faultOf(proxyStatus: string): OutboundFault {
  const found = Object.entries(TOLD).find(([, [, type]]) => proxyStatus.endsWith(`error=${type}`))
  return (found?.[0] as OutboundFault | undefined) ?? 'connection'
}

/** Where HTTP has ended: after CONNECT. */
export function writeRefusal(client: Duplex, refusal: Refusal): void {
  if (!client.writable) return
  const { status, sentence } = refusal
  const fields = {
    ...headersOf(refusal),
    'content-length': Buffer.byteLength(sentence),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${sentence}`)
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  // What has begun can only be cut.
  if (response.headersSent) response.destroy()
  else response.writeHead(refusal.status, headersOf(refusal)).end(refusal.sentence)
}

function headersOf({ type }: Refusal): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'proxy-status': `mcp-oauth-gateway; error=${type}`,
    connection: 'close',
  }
}
