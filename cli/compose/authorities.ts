/**
 * Certificate authorities of the operator's own: rooms see nothing of the operator's folder, so that each is
 * given a copy of the file beside what else it may know.
 */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError, type Environment } from '../../lib/platform/environment.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { OWN_FOLDER } from './places.ts'

/** For the server of the authority that signs the gateway's certificate. */
const FOR_ACME = { variable: 'ACME_CA_FILE', file: 'acme-ca.pem' } as const
/**
 * For whatever is asked over TLS. Node reads the variable before a file of variables: `compose.yaml` sets it, for
 * a file that is there in any case.
 */
const FOR_ALL = { variable: 'NODE_EXTRA_CA_CERTS', file: 'authorities.pem' } as const

/** Rooms that ask servers elsewhere, and the one that tells Envoy whom to trust. */
const ASKING = ['oauth-server', 'mcp-bridge', 'envoy-files'] as const

export interface Authorities {
  /** As the rooms are to see it. */
  readonly environment: Environment
  /** @param own the folder with a folder for each room. */
  write(own: string): void
}

/** @throws ConfigError for each file that cannot be read here. */
export function takeAuthoritiesAlong(environment: Environment, folder: string): Authorities {
  const faults: string[] = []
  const read = (variable: string): string | undefined => {
    const path = environment[variable]
    if (path === undefined || path === '') return undefined
    try {
      return readFileSync(resolve(folder, path), 'utf8')
    } catch (error) {
      faults.push(
        `${variable}: ${(error as Error).message}: put the file beside gateway.yaml, readable for others, and write its name`,
      )
      return undefined
    }
  }
  const [forAcme, forAll = ''] = [read(FOR_ACME.variable), read(FOR_ALL.variable)]
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    environment: {
      ...environment,
      [FOR_ALL.variable]: undefined,
      [FOR_ACME.variable]: forAcme === undefined ? undefined : join(OWN_FOLDER, FOR_ACME.file),
    },
    write(own) {
      for (const room of ASKING) writeWhole(join(own, room, FOR_ALL.file), forAll)
      if (forAcme !== undefined) writeWhole(join(own, 'certs', FOR_ACME.file), forAcme)
    },
  }
}
