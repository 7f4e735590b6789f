/** The processes of a running gateway, as `gateway status` tells them. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayStatus, PartStatus } from '../../cli/instance/status.ts'
import type { TestGateway } from './gateway.ts'
import { run } from './gateway-process.ts'

const WAIT_MS_MAX = 30_000

export async function partsOf({ folder }: TestGateway): Promise<readonly PartStatus[]> {
  const command = [process.execPath, join(import.meta.dirname, '../../cli/main.ts')]
  const { stdout } = await run([...command, 'status', '--json'], folder, process.env).ended
  return (JSON.parse(stdout) as GatewayStatus).parts
}

/** Resolves with those of these names once each serves, and none of them is the process `not`. */
export async function partsServing(
  gateway: TestGateway,
  isMeant: (name: string) => boolean,
  not?: number,
): Promise<readonly (PartStatus & { readonly pid: number })[]> {
  for (let waited = 0; waited < WAIT_MS_MAX; waited += 100) {
    const parts = (await partsOf(gateway)).filter(({ name }) => isMeant(name))
    const serving = parts.flatMap((part) =>
      part.state === 'ready' && part.pid !== null && part.pid !== not
        ? [{ ...part, pid: part.pid }]
        : [],
    )
    if (parts.length > 0 && serving.length === parts.length) return serving
    await sleep(100)
  }
  throw new Error(`not serving after ${WAIT_MS_MAX} ms`)
}
