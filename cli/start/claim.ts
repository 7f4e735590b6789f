/** One gateway for each state directory: takes it, or says who has it. */

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { GATEWAY_VARIABLES } from '../../lib/catalogue/gateway.ts'
import { type Environment, readEnvironment } from '../../lib/platform/environment.ts'
import { prepareSocketFolder, SOCKET_NAMES, socketFolder } from '../../lib/platform/unix-socket.ts'
import { CliError } from '../cli-error.ts'
import { askStatus, findGateway } from '../instance/control-client.ts'
import { type Control, serveControl } from '../instance/control-server.ts'
import { anotherPort } from '../instance/ports.ts'
import { readRun, removeRun, writeRun } from '../instance/run-file.ts'

export interface Claim {
  /** The folder of this gateway's sockets. */
  readonly sockets: string
  /** @throws CliError when another start took the directory at the same moment. */
  confirm(): Promise<void>
  release(): void
}

/** @throws CliError when a gateway with this state directory answers. */
export async function claimStateDirectory(
  stateDirectory: string,
  environment: Environment,
  control: Control,
): Promise<Claim> {
  const running = await findGateway(stateDirectory, environment)
  const alreadyRunning = (pid: number | undefined): CliError =>
    toAlreadyRunning(stateDirectory, pid, environment)
  if (running !== undefined) throw alreadyRunning(running.status.pid)
  const sockets = socketFolder(stateDirectory, environment)
  makeSocketFolder(sockets)
  const path = join(sockets, SOCKET_NAMES.control)
  const server: Server = await serveControl(path, control)
  const run = { pid: process.pid, sockets, id: randomUUID() }
  writeRun(stateDirectory, run)
  const isOurs = (): boolean => readRun(stateDirectory)?.id === run.id
  return {
    sockets,
    async confirm() {
      const holder = await askStatus(path)
      if (isOurs() && holder?.pid === process.pid) return
      throw alreadyRunning(holder?.pid ?? readRun(stateDirectory)?.pid)
    },
    release() {
      server.close()
      if (!isOurs()) return
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
