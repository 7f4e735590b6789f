/** Whether Envoy refuses what follows from an accepted configuration: its files' writer tells, `gateway status` asks. */

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { type Copies, isShared } from './copies.ts'

/** Rooms in containers of their own cannot tell it: there it stands in the log alone. */
export function tellEdgeRefusal(copies: Copies | undefined, isRefused: boolean): void {
  if (copies === undefined || !isShared(copies)) return
  if (isRefused) writeFileSync(copies.refusedByEdge, '', { mode: 0o600 })
  else rmSync(copies.refusedByEdge, { force: true })
}

export function isRefusedByEdge({ refusedByEdge }: Copies): boolean {
  return existsSync(refusedByEdge)
}
