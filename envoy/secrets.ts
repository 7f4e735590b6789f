/**
 * The certificate as Envoy reads it: by file, in the layout of a mounted Kubernetes Secret, again whenever
 * `..data` is moved. A pair that does not fit is refused, and the one before stays.
 */

import { join } from 'node:path'

export const CERTIFICATE = 'gateway'

export function renderSecret(certificateFolder: string): object {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
    name: CERTIFICATE,
    tls_certificate: {
      certificate_chain: { filename: join(certificateFolder, 'tls.crt') },
      private_key: { filename: join(certificateFolder, 'tls.key') },
      watched_directory: { path: certificateFolder },
    },
  }
}
