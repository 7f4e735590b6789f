/** The sockets of native servers in a folder that a runner program shares with its bridges. */

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Never one that an ending server of an earlier `life` may still hold, and remove at its end. */
export function nativeSocketFile(name: string, life: string): string {
  return `n-${name}-${life}.sock`
}

/** What servers left there that were killed; for a runner that starts and so has none yet. */
export function removeNativeSockets(folder: string): void {
  const left = readdirSync(folder).filter((file) => /^n-.+\.sock$/.test(file))
  for (const file of left) rmSync(join(folder, file), { force: true })
}
