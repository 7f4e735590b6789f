/** TLS as clients meet it: versions, ciphers, and where the certificate is. */

import type { Addresses } from '../lib/catalogue/addresses.ts'
import { FILES, fileSource } from './bootstrap.ts'
import { CERTIFICATE } from './secrets.ts'

/** Of TLS 1.2, those with forward secrecy and authenticated encryption; 1.3 has no others. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

/** The first is safe from whoever records today and has a quantum computer one day. */
const CURVES = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384']

export function tlsSocket(folder: string): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        alpn_protocols: ['h2', 'http/1.1'],
        tls_params: {
          tls_minimum_protocol_version: 'TLSv1_2',
          cipher_suites: CIPHERS,
          ecdh_curves: CURVES,
        },
        tls_certificate_sds_secret_configs: [
          { name: CERTIFICATE, sds_config: fileSource(folder, FILES.secrets) },
        ],
      },
    },
  }
}

const YEAR_SECONDS = 31_536_000

/**
 * RFC 6797: browsers are to come over TLS from now on. Not on this machine, where the promise would hold
 * for every port and every program of `localhost`.
 */
export function strictTransportSecurity({
  secure,
  loopback,
}: Pick<Addresses, 'secure' | 'loopback'>): object[] {
  if (!secure || loopback) return []
  return [
    {
      header: { key: 'strict-transport-security', value: `max-age=${YEAR_SECONDS}` },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
    },
  ]
}
