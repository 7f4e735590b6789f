/** Starts a running gateway anew, or one part of it, and waits until it serves again. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { askStatus, type RunningGateway, requestRestart } from './control-client.ts'
import { isPartOf, roomOf } from './part-names.ts'
import { isAlive } from './process-alive.ts'
import type { GatewayStatus } from './status.ts'

/** Ending takes some seconds, starting a minute at most; packages may have to be fetched. */
const WAIT_MS_MAX = 300_000
const LOOK_EVERY_MS = 200

/** What serves again, and the numbers of its processes. */
export type Restarted = readonly { readonly name: string; readonly pid: number | null }[]

/** @param part undefined: everything. @throws CliError when it is refused, or does not come back. */
export async function restartEmbedded(
  { output, clock }: Context,
  { socketPath, status }: RunningGateway,
  part: string | undefined,
): Promise<Restarted> {
  if (part !== undefined) requirePart(status, part)
  const task = createProgress(output, clock).begin(`restarting ${part ?? 'everything'}`)
  try {
    const names = await requestRestart(socketPath, part)
    if (part === undefined) return toRestarted(await untilBack({ socketPath, status }, clock))
    const after = await askStatus(socketPath)
    return toRestarted(after).filter(({ name }) => names.includes(name))
  } finally {
    task.end()
  }
}

function toRestarted(status: GatewayStatus | undefined): Restarted {
  return (status?.parts ?? []).map(({ name, pid }) => ({ name, pid }))
}

function requirePart({ parts }: GatewayStatus, part: string): void {
  if (parts.some(({ name }) => isPartOf(name, part))) return
  const names = [...new Set(parts.map(({ name }) => roomOf(name)))]
  throw new CliError(`There is no part "${part}".`, {
    exitCode: EXIT_CODE.usage,
    nextStep: `one of ${names.join(', ')}, or one process of them (${parts[0]?.name})`,
  })
}

/** The process stays the same: the start that answers then is a later one. */
async function untilBack(
  { socketPath, status: before }: RunningGateway,
  clock: Context['clock'],
): Promise<GatewayStatus> {
  const began = clock()
  for (;;) {
    const status = await askStatus(socketPath)
    if (status !== undefined && status.since !== before.since && status.ready) return status
    if (!isAlive(before.pid) || clock() - began > WAIT_MS_MAX) break
    await sleep(LOOK_EVERY_MS)
  }
  throw new CliError(`The gateway (process ${before.pid}) has not come back.`, {
    nextStep: 'gateway logs, and the terminal or service that it was started in',
  })
}
