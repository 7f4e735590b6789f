/** The gateway of `compose.yaml`: a backup of what lies in this folder instead would be one of another gateway. */

import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findRunning } from '../instance/find-running.ts'
import { ownStore } from '../instance/store.ts'
import { isUp } from '../status/compose-status.ts'

/** @throws CliError when the gateway that serves here runs in containers, and no store is named. */
export async function requireNoContainers(context: Context): Promise<void> {
  if (ownStore(context.environment) !== undefined) return
  // A Docker that does not answer runs nothing that is meant.
  const found = await findRunning(context).catch(() => undefined)
  if (found?.kind !== 'compose' || !isUp({ parts: found.containers })) return
  throw new CliError(
    `The gateway runs in containers here, which this does not reach; ${stateDirectoryOf(context)} is of another one.`,
    {
      nextStep: 'docker compose stop, then copy the volumes store and root-secret together',
    },
  )
}
