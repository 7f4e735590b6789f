/** The certificate as Envoy reads it: by file, watched for the move that a renewal makes. */

import { join } from 'node:path'

export function renderSecret(certificateFolder: string): object {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
    name: 'gateway',
    tls_certificate: {
      certificate_chain: { filename: join(certificateFolder, 'fullchain.pem') },
      private_key: { filename: join(certificateFolder, 'privkey.pem') },
      watched_directory: { path: certificateFolder },
    },
  }
}
