/** The authority for development of a gateway, in PEM, where it has one: nobody trusts it by himself. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUTHORITY_CERTIFICATE, certificateFolder } from '../../certs/files.ts'
import type { CertificateStatus } from '../../certs/status.ts'
import { STATE } from '../compose/places.ts'
import type { GatewayStatus } from '../instance/status.ts'
import type { DockerCompose } from '../status/docker-compose.ts'

export function authoritiesHere({
  certificate,
  state_directory,
}: Pick<GatewayStatus, 'certificate' | 'state_directory'>): string[] {
  if (certificate?.source !== 'development') return []
  return [readFileSync(join(certificateFolder(state_directory), AUTHORITY_CERTIFICATE), 'utf8')]
}

/** Of one in containers; none while its container cannot be read. */
export async function authoritiesInCompose(
  compose: DockerCompose,
  certificate: CertificateStatus | null,
): Promise<string[]> {
  if (certificate?.source !== 'development') return []
  const authority = await compose.read(
    'certs',
    join(certificateFolder(STATE), AUTHORITY_CERTIFICATE),
  )
  return authority === undefined ? [] : [authority]
}
