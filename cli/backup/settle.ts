/** Before a gateway starts: a restore that was broken off is finished or undone. Half of one is never served. */

import { type Context, stateDirectoryOf } from '../context.ts'
import { settledLines, settleRestore, unfinishedRestore } from './journal.ts'
import { withQuietStore } from './reach-store.ts'

export async function settleBeforeStart(context: Context): Promise<void> {
  const stateDirectory = stateDirectoryOf(context)
  if (unfinishedRestore(stateDirectory) === undefined) return
  const settled = await withQuietStore(context, 'restore', (redis) =>
    settleRestore(redis, stateDirectory),
  )
  if (settled !== undefined) for (const line of settledLines(settled)) context.output.note(line)
}
