/** Before a gateway starts: a restore that was broken off is finished or undone. Half of one is never served. */

import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { settleRestore, unfinishedRestore } from './journal.ts'
import { isInContainer, withQuietStore } from './reach-store.ts'

/** @throws CliError in a container, where the store cannot be asked yet. */
export async function settleBeforeStart(context: Context): Promise<void> {
  const stateDirectory = stateDirectoryOf(context)
  if (unfinishedRestore(stateDirectory) === undefined) return
  if (isInContainer(context)) {
    throw new CliError('A restore was broken off.', {
      nextStep: 'the restore again, which finishes or undoes that one first',
    })
  }
  const settled = await withQuietStore(context, 'restore', (redis) =>
    settleRestore(redis, stateDirectory),
  )
  context.output.note(`A restore that was broken off is ${settled}.`)
}
