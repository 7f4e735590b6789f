/** A gateway that runs and does not answer: whoever took its store away would end it for people. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { findLeftovers, instanceOf, processIds } from '../instance/leftovers.ts'
import { isAlive } from '../instance/process-alive.ts'
import { readRun } from '../instance/run-file.ts'

/** The watchdog ends what a gateway that was killed has left, within seconds. */
const GONE_MS_MAX = 10_000
const LOOK_EVERY_MS = 100

/** @throws CliError while one runs that does not answer, or parts of one. Nothing is ended. */
export async function requireNoSilentGateway(
  context: Pick<Context, 'environment' | 'workingDirectory'>,
): Promise<void> {
  const stateDirectory = stateDirectoryOf(context)
  if ((await findGateway(stateDirectory, context.environment)) !== undefined) return
  const instance = instanceOf(stateDirectory)
  const pid = readRun(stateDirectory)?.pid
  // After a power cut the number may be of another program: then nothing bears our mark (where /proc tells).
  const mayBeOurs = processIds().length === 0 || findLeftovers(instance).length > 0
  if (pid !== undefined && mayBeOurs && isAlive(pid)) {
    throw new CliError(`The gateway of ${stateDirectory} (process ${pid}) does not answer.`, {
      nextStep: 'gateway status; then again, or with it stopped: gateway stop',
    })
  }
  for (let waited = 0; findLeftovers(instance).length > 0; waited += LOOK_EVERY_MS) {
    if (waited >= GONE_MS_MAX) {
      throw new CliError(`Parts of a gateway that was killed still run in ${stateDirectory}.`, {
        nextStep: 'npm start ends them and serves again; then again',
      })
    }
    await sleep(LOOK_EVERY_MS)
  }
}
