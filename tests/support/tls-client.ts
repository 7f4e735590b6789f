/** Asks over TLS at 127.0.0.1 under any name, and shows the certificate that was met. */

import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { connect } from 'node:tls'

export interface Peer {
  readonly port: number
  readonly servername: string
}

/** Whoever signed it. */
export async function peerCertificate({ port, servername }: Peer): Promise<X509Certificate> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()
  socket.destroy()
  if (certificate === undefined) throw new Error('no certificate')
  return certificate
}

export interface TlsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** @throws when the certificate is not signed by `ca` for this name. */
export async function askTrusted(
  { port, servername }: Peer,
  path: string,
  ca: string | Buffer,
  host: string = servername,
  others: Readonly<Record<string, string>> = {},
): Promise<TlsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = { host, ...others }
  const asking = request({ host: '127.0.0.1', port, servername, path, ca, headers, agent: false })
  asking.on('response', resolve).on('error', reject).end()
  const answer = await promise
  const chunks = (await answer.toArray()) as Buffer[]
  const body = Buffer.concat(chunks).toString('utf8')
  return { status: answer.statusCode ?? 0, headers: answer.headers, body }
}
