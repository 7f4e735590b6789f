/** Asks a running gateway over its control socket. */

import type { Environment } from '../../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { askSocket } from './ask-socket.ts'
import type { ControlFault } from './control-server.ts'
import { controlSockets } from './run-file.ts'
import { requireNoSilent } from './silent.ts'
import type { GatewayStatus } from './status.ts'

export interface RunningGateway {
  readonly socketPath: string
  readonly status: GatewayStatus
}

/** The gateway of this state directory, or undefined when none answers. */
export async function findGateway(
  stateDirectory: string,
  environment: Environment,
): Promise<RunningGateway | undefined> {
  for (const socketPath of controlSockets(stateDirectory, environment)) {
    const status = await askStatus(socketPath)
    if (status?.state_directory === stateDirectory) return { socketPath, status }
  }
  return undefined
}

/** @throws CliError with exit code 3 where none runs, with 1 where one runs and does not answer. */
export async function requireGateway(
  stateDirectory: string,
  environment: Environment,
): Promise<RunningGateway> {
  const found = await findGateway(stateDirectory, environment)
  if (found !== undefined) return found
  requireNoSilent(stateDirectory)
  throw new CliError(`No gateway runs with the state directory ${stateDirectory}.`, {
    exitCode: EXIT_CODE.notRunning,
    nextStep: 'npm start, or set GATEWAY_STATE_DIR to the folder of the one you mean',
  })
}

export async function askStatus(socketPath: string): Promise<GatewayStatus | undefined> {
  try {
    const { body } = await askSocket(socketPath, 'GET', '/status')
    return JSON.parse(body) as GatewayStatus
  } catch {
    // No socket, a stale one, or somebody else's: no gateway answers there.
    return undefined
  }
}

/** What all processes of a room may take, one after the other. */
const RESTART_MS_MAX = 300_000

/**
 * @param part undefined: everything, which has only begun when this resolves.
 * @returns names of what serves again.
 * @throws CliError saying why not: then everything goes on; a part that does not serve again is tried on and on.
 */
export async function requestRestart(
  socketPath: string,
  part: string | undefined,
): Promise<readonly string[]> {
  const query = part === undefined ? '' : `?part=${encodeURIComponent(part)}`
  const answer = await askSocket(socketPath, 'POST', `/restart${query}`, undefined, RESTART_MS_MAX)
  const body = JSON.parse(answer.body) as Partial<ControlFault & { restarted: string[] }>
  if (answer.status < 400) return body.restarted ?? []
  throw new CliError(body.message ?? `It knows no ${part ?? 'restart'}.`, {
    nextStep:
      body.next_step ??
      (part === undefined ? 'correct it, then again; what runs goes on' : `gateway logs ${part}`),
  })
}

export async function requestStop(socketPath: string): Promise<void> {
  await askSocket(socketPath, 'POST', '/stop')
}
