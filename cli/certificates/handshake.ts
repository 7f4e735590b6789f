/** A TLS handshake as a client makes it: the certificates that are shown, and whether a client would trust them. */

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, getCACertificates, type TLSSocket } from 'node:tls'
import { lookUp } from '../look-up.ts'

export interface HandshakePlace {
  /** Where to connect: a name or an address. */
  readonly host: string
  readonly port: number
  /** The name that is asked for, and that the certificate has to be for. */
  readonly name: string
  /** PEM, trusted beside those that this program trusts anyway. */
  readonly authorities?: readonly string[]
}

export interface Handshake {
  /** The certificate, then those that were sent with it. */
  readonly chain: readonly X509Certificate[]
  readonly protocol: string
  /** Null when a client would trust it; else OpenSSL's code, `CERT_HAS_EXPIRED` for instance. */
  readonly fault: string | null
}

const PATIENCE_MS = 10_000

/** @throws Error when nobody answers, or not in TLS. */
export async function shakeHands({
  host,
  port,
  name,
  authorities = [],
}: HandshakePlace): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(
    {
      host: bare(host),
      port,
      lookup: lookUp,
      // An address is no name to ask for (RFC 6066 section 3); it is checked all the same.
      ...(isIP(bare(name)) === 0 && { servername: name }),
      ca: [...getCACertificates('default'), ...authorities],
      // Of the name, wherever it is connected to.
      checkServerIdentity: (_, certificate) => checkServerIdentity(bare(name), certificate),
      // Whatever is wrong with it is to be told, not to end the call.
      rejectUnauthorized: false,
    },
    resolve,
  )
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer in time')))
  socket.once('error', reject)
  try {
    await promise
    return {
      chain: chainOf(socket),
      protocol: socket.getProtocol() ?? 'TLS',
      fault: faultOf(socket),
    }
  } finally {
    socket.destroy()
  }
}

function faultOf(socket: TLSSocket): string | null {
  if (socket.authorized) return null
  const error = socket.authorizationError as unknown
  // Its type says Error; what Node sets is the code.
  return typeof error === 'string'
    ? error
    : ((error as NodeJS.ErrnoException | null)?.code ?? 'UNTRUSTED')
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next = socket.getPeerX509Certificate()
  while (
    next !== undefined &&
    !chain.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)
  ) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

function bare(host: string): string {
  return host.replaceAll(/[[\]]/g, '')
}
