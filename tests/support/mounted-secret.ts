/** A certificate in a folder as the kubelet mounts a Secret: links through `..data`, which one rename swaps. */

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificate } from './certificates.ts'

export interface MountedSecret {
  readonly folder: string
  /** As an update of the Secret arrives in a running container. */
  update(pair: Certificate): void
}

export function mountSecret(folder: string, pair: Certificate): MountedSecret {
  let version = 0
  const update = ({ cert, key }: Certificate): void => {
    version += 1
    const name = `..2026_11_28_${version}`
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'tls.crt'), cert)
    writeFileSync(join(folder, name, 'tls.key'), key)
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  update(pair)
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(`..data/${file}`, join(folder, file))
  return { folder, update }
}
