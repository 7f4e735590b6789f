/** Asks a running gateway over its control socket. */

import { request } from 'node:http'
import type { Environment } from '../../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { controlSockets } from './run-file.ts'
import type { GatewayStatus } from './status.ts'

const ANSWER_MS_MAX = 2000

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

/** @throws CliError with exit code 3 when none answers. */
export async function requireGateway(
  stateDirectory: string,
  environment: Environment,
): Promise<RunningGateway> {
  const found = await findGateway(stateDirectory, environment)
  if (found !== undefined) return found
  throw new CliError(`No gateway runs with the state directory ${stateDirectory}.`, {
    exitCode: EXIT_CODE.notRunning,
    nextStep: 'npm start, or set GATEWAY_STATE_DIR to the folder of the one you mean',
  })
}

export async function askStatus(socketPath: string): Promise<GatewayStatus | undefined> {
  try {
    return JSON.parse(await ask(socketPath, 'GET', '/status')) as GatewayStatus
  } catch {
    // No socket, a stale one, or somebody else's: no gateway answers there.
    return undefined
  }
}

export async function requestStop(socketPath: string): Promise<void> {
  await ask(socketPath, 'POST', '/stop')
}

function ask(socketPath: string, method: string, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const asking = request({ socketPath, method, path, agent: false }, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      body += chunk
    })
    response.on('end', () => resolve(body))
    response.on('error', reject)
  })
  asking.setTimeout(ANSWER_MS_MAX, () => asking.destroy(new Error('no answer in time')))
  asking.on('error', reject)
  asking.end()
  return promise
}
