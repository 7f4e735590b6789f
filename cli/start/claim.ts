/**
 * One gateway for each state directory: takes it, or says who has it.
 *
 * Who holds the lock `<state>/lock` has it, until its process ends; only then are sockets and predecessors touched.
 */

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import { type Environment, readEnvironment } from '../../lib/platform/environment.ts'
import { prepareSocketFolder, SOCKET_NAMES, socketFolder } from '../../lib/platform/unix-socket.ts'
import { CliError } from '../cli-error.ts'
import { findGateway } from '../instance/control-client.ts'
import { type Control, serveControl } from '../instance/control-server.ts'
import { type FileLock, openFileLock } from '../instance/file-lock.ts'
import { instanceOf, isSupervising } from '../instance/leftovers.ts'
import { anotherPort } from '../instance/ports.ts'
import { readRun, removeRun, writeRun } from '../instance/run-file.ts'
import { toSilent } from '../instance/silent.ts'

export interface Claim {
  /** The folder of this gateway's sockets. */
  readonly sockets: string
  release(): void
}

/** Between the lock and the control socket lies a moment; one that is stopped, or frozen, has none at all. */
const ANSWER_MS_MAX = 3000
const LOOK_EVERY_MS = 50

/**
 * @param stateDirectory made before.
 * @throws CliError when a gateway with this state directory runs.
 */
export async function claimStateDirectory(
  stateDirectory: string,
  environment: Environment,
  control: Control,
): Promise<Claim> {
  const lock = openFileLock(join(stateDirectory, 'lock'))
  try {
    await takeLock(lock, stateDirectory, environment)
    const claim = await claimSockets(stateDirectory, environment, control)
    return {
      sockets: claim.sockets,
      release() {
        claim.release()
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

async function takeLock(
  lock: FileLock,
  stateDirectory: string,
  environment: Environment,
): Promise<void> {
  const until = performance.now() + ANSWER_MS_MAX
  for (;;) {
    const isOurs = lock.tryTake()
    const running = await findGateway(stateDirectory, environment)
    if (running !== undefined) {
      throw toAlreadyRunning(stateDirectory, running.status.pid, environment)
    }
    const pid = readRun(stateDirectory)?.pid
    // The lock may be of before its file was removed, or of a release that had none.
    const isSilent = isOurs
      ? pid !== undefined && isSupervising(pid, instanceOf(stateDirectory))
      : performance.now() > until
    // What it has started is not taken for a dead one's.
    if (isSilent) throw toSilent(stateDirectory, pid)
    if (isOurs) return
    await sleep(LOOK_EVERY_MS)
  }
}

async function claimSockets(
  stateDirectory: string,
  environment: Environment,
  control: Control,
): Promise<Claim> {
  const sockets = socketFolder(stateDirectory, environment)
  makeSocketFolder(sockets)
  const server: Server = await serveControl(join(sockets, SOCKET_NAMES.control), control)
  const run = { pid: process.pid, sockets, id: randomUUID() }
  try {
    writeRun(stateDirectory, run)
  } catch (error) {
    // As long as it listens this process does not end.
    server.close()
    throw error
  }
  return {
    sockets,
    release() {
      server.close()
      // A directory that was removed and made anew may be another gateway's.
      if (readRun(stateDirectory)?.id !== run.id) return
      removeRun(stateDirectory)
      rmSync(sockets, { recursive: true, force: true })
    },
  }
}

function makeSocketFolder(folder: string): void {
  try {
    prepareSocketFolder(folder)
  } catch (cause) {
    throw new CliError(`No place for sockets: ${(cause as Error).message}`, { cause })
  }
}

function toAlreadyRunning(
  stateDirectory: string,
  pid: number | undefined,
  environment: Environment,
): CliError {
  const { GATEWAY_PORT } = readEnvironment(
    { GATEWAY_PORT: GATEWAY_VARIABLES.GATEWAY_PORT },
    environment,
  )
  return new CliError(
    `A gateway already runs with the state directory ${stateDirectory} (process ${pid ?? 'unknown'}).`,
    {
      nextStep: `stop it with \`npm run gateway stop\`, or start a second one: GATEWAY_PORT=${anotherPort(GATEWAY_PORT)} GATEWAY_STATE_DIR=.gateway-two npm start`,
    },
  )
}
