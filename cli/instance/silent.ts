/** A gateway that runs and does not answer: suspended, frozen, or with its socket removed. */

import { CliError } from '../cli-error.ts'
import { instanceOf, isSupervising, isSuspended } from './leftovers.ts'
import { readRun } from './run-file.ts'
import { requireOpenState } from './state-directory.ts'

/**
 * Before it is said that none runs: of whoever did not answer.
 * @throws CliError where this account cannot tell, and while its process lives and has parts (Linux; elsewhere nobody
 * can tell).
 */
export function requireNoSilent(stateDirectory: string): void {
  requireOpenState(stateDirectory)
  const pid = readRun(stateDirectory)?.pid
  if (pid === undefined || !isSupervising(pid, instanceOf(stateDirectory))) return
  throw toSilent(stateDirectory, pid)
}

/** @param pid undefined where no file tells it. */
export function toSilent(stateDirectory: string, pid: number | undefined): CliError {
  if (pid !== undefined && isSuspended(pid)) {
    return new CliError(
      `A gateway runs with the state directory ${stateDirectory} (process ${pid}), and is suspended, as by Ctrl-Z.`,
      // No other signal but SIGKILL reaches it before.
      { nextStep: `fg in its terminal, or kill -CONT ${pid}   lets it go on; then again` },
    )
  }
  return new CliError(
    `A gateway runs with the state directory ${stateDirectory} (process ${pid ?? 'unknown'}), and does not answer.`,
    {
      nextStep: `kill ${pid ?? '<the process that fuser finds for its file lock>'}   ends it and all its parts; then again`,
    },
  )
}
