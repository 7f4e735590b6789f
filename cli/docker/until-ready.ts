/** Waiting until every container of the project is well. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { type ComposeStatus, notReady } from '../status/compose-status.ts'
import type { DockerCompose } from '../status/docker-compose.ts'
import { readComposeStatus } from '../status/read-compose-status.ts'

/** As long as compose.yaml gives a slow machine. */
const WAIT_MS_MAX = 180_000
const LOOK_EVERY_MS = 1000

/** @param only of one service; all of them otherwise. @throws CliError naming what is not well. */
export async function untilReady(
  context: Context,
  compose: DockerCompose,
  only?: string,
): Promise<void> {
  const { output, clock } = context
  const began = clock()
  const task = createProgress(output, clock).begin('waiting until everything is well')
  try {
    let status: ComposeStatus | undefined
    for (;;) {
      // What was seen last says more than an engine that is too busy.
      const now = await look(context, compose)
      if (now !== undefined && isWell(now, only)) return
      status = now ?? status
      if (clock() - began > WAIT_MS_MAX) throw notWell(status)
      await sleep(LOOK_EVERY_MS)
    }
  } finally {
    task.end()
  }
}

/** What else is not well was so before, and is not waited for. */
function isWell({ ready, parts }: ComposeStatus, only: string | undefined): boolean {
  if (only === undefined) return ready
  const own = parts.filter(({ name }) => name === only)
  return own.length > 0 && own.every(({ verdict }) => verdict === 'serving' || verdict === 'done')
}

/** While containers come and go the engine may be too busy to say. */
async function look(context: Context, compose: DockerCompose): Promise<ComposeStatus | undefined> {
  try {
    return await readComposeStatus(context, compose)
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}

function notWell(status: ComposeStatus | undefined): CliError {
  const names = status === undefined ? '' : notReady(status).join(', ')
  return new CliError(
    `Not well after ${WAIT_MS_MAX / 1000} s: ${names || 'no container is seen'}.`,
    {
      nextStep: 'gateway status; where that says nothing either: docker info',
    },
  )
}
