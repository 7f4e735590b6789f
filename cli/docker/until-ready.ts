/** Waiting until every container of the project is well. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import type { ComposeStatus } from '../status/compose-status.ts'
import type { DockerCompose } from '../status/docker-compose.ts'
import { readComposeStatus } from '../status/read-compose-status.ts'

/** As long as compose.yaml gives a slow machine. */
const WAIT_MS_MAX = 180_000
const LOOK_EVERY_MS = 1000

/** @throws CliError naming what is not well. */
export async function untilReady(context: Context, compose: DockerCompose): Promise<void> {
  const { output, clock } = context
  const began = clock()
  const task = createProgress(output, clock).begin('waiting until everything is well')
  try {
    for (;;) {
      const status = await look(context, compose)
      if (status?.ready === true) return
      if (clock() - began > WAIT_MS_MAX) throw notReady(status)
      await sleep(LOOK_EVERY_MS)
    }
  } finally {
    task.end()
  }
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

function notReady(status: ComposeStatus | undefined): CliError {
  const parts = (status?.parts ?? []).filter(
    ({ verdict }) => verdict === 'failing' || verdict === 'starting',
  )
  const names = parts.map(({ name }) => name).join(', ')
  return new CliError(`Not well after ${WAIT_MS_MAX / 1000} s: ${names || 'nothing runs'}.`, {
    nextStep: 'gateway status',
  })
}
