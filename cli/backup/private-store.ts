/** The store of a gateway that does not run, started for us alone, and ended with us. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProcessGroups } from '../../lib/platform/process-group.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { Secret } from '../../lib/platform/secret.ts'
import { SOCKET_NAMES } from '../../lib/platform/unix-socket.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { findProgram } from '../embedded/find-program.ts'
import { VALKEY } from '../embedded/program.ts'
import { createProgress } from '../embedded/progress.ts'
import { endLeftovers, instanceOf, MARKER_NAME } from '../instance/leftovers.ts'
import type { StorePlace } from '../instance/store.ts'
import { commonEnvironment } from '../supervisor/part-environment.ts'
import { answersPing } from '../supervisor/readiness.ts'
import { writeValkeyConfig } from '../supervisor/valkey-config.ts'

export interface PrivateStore {
  readonly place: StorePlace
  /** Everything is on the disk then. */
  stop(): Promise<void>
}

const READY_MS_MAX = 60_000
const LOOK_EVERY_MS = 50
const LEFTOVER_GRACE_MS = 2000
const TERMINATE_MS = 10_000
const WATCHDOG_GRACE_SECONDS = 5

/** @param sockets a folder that whoever holds the state directory alone uses: two on the same files would spoil them. */
export async function startPrivateStore(
  { environment, output, clock }: Context,
  stateDirectory: string,
  sockets: string,
): Promise<PrivateStore> {
  const progress = createProgress(output, clock)
  const program = await findProgram(VALKEY, { environment, stateDirectory, progress })
  // One that was killed may have left its store behind.
  await endLeftovers(instanceOf(stateDirectory), LEFTOVER_GRACE_MS)
  const socketPath = join(sockets, SOCKET_NAMES.valkey)
  const password = new Secret(randomText())
  const folder = join(stateDirectory, 'valkey')
  const configPath = writeValkeyConfig({ folder, socketPath, password, fsync: 'always' })
  const value = `${instanceOf(stateDirectory)}.${randomBytes(6).toString('hex')}`
  const groups = createProcessGroups({ name: MARKER_NAME, value }, WATCHDOG_GRACE_SECONDS)
  const launched = groups.launch({
    command: program.path,
    args: [configPath],
    env: commonEnvironment(environment),
    stdio: 'ignore',
  })
  const stop = (): Promise<void> => groups.stopAll({ inputEndMs: 0, terminateMs: TERMINATE_MS })
  for (let waited = 0; waited < READY_MS_MAX; waited += LOOK_EVERY_MS) {
    if (await answersPing(socketPath, password.reveal())) {
      return { place: { url: `unix://${encodeURI(socketPath)}`, password }, stop }
    }
    if (launched.child.exitCode !== null) break
    await sleep(LOOK_EVERY_MS)
  }
  await stop()
  throw new CliError(`The store in ${folder} does not start.`, {
    nextStep: `${program.path} ${configPath}   tells why`,
  })
}
