/** Certificates of our own for development: the authority is made once and kept, since people trust it by hand. */

import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../lib/platform/clock.ts'
import { writeWhole } from '../lib/platform/whole-file.ts'
import { AUTHORITY_CERTIFICATE, FOLDERS } from './files.ts'
import { LEAF_DAYS, type Made, makeAuthority, signLeaf } from './making.ts'
import { toPair } from './pair.ts'
import type { Issuer } from './renewal.ts'

const LEAF_MS = LEAF_DAYS * 86_400_000

/** `folder` is the room's. */
export async function developmentIssuer(folder: string, clock: Clock): Promise<Issuer> {
  const authority = keptAuthority(folder, clock()) ?? (await keepAuthority(folder, clock()))
  const { fingerprint256 } = new X509Certificate(authority.certificate)
  return {
    // What another authority signed is nothing to whoever trusts this one.
    origin: `development ${fingerprint256}`,
    byOurClock: true,
    async issue(names) {
      const { certificate, key } = await signLeaf(authority, names, clock())
      return toPair(certificate, key)
    },
  }
}

/** Undefined when there is none that outlives what it would sign. */
function keptAuthority(folder: string, now: number): Made | undefined {
  const { certificate, key } = authorityFiles(folder)
  try {
    const made = { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
    return toPair(made.certificate, made.key).notAfter > now + LEAF_MS ? made : undefined
  } catch {
    // Not there, or half of it: with the other half alone nothing can be signed.
    return undefined
  }
}

async function keepAuthority(folder: string, now: number): Promise<Made> {
  const made = await makeAuthority(now)
  const { certificate, key } = authorityFiles(folder)
  mkdirSync(join(folder, FOLDERS.authority), { recursive: true, mode: 0o700 })
  writeWhole(key, made.key)
  writeWhole(certificate, made.certificate)
  return made
}

function authorityFiles(folder: string): { certificate: string; key: string } {
  return {
    certificate: join(folder, AUTHORITY_CERTIFICATE),
    key: join(folder, FOLDERS.authority, 'ca.key'),
  }
}
