/** Holds a state directory while no gateway runs in it, so that none is started meanwhile. */

import type { Context } from '../context.ts'
import { prepareStateDirectory } from '../instance/state-directory.ts'
import type { GatewayStatus } from '../instance/status.ts'
import { claimStateDirectory } from '../start/claim.ts'
import { toConfigurationStatus } from '../start/configuration-status.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { toPeopleStatus } from '../start/people-lines.ts'
import { gatewayMeant } from './settings.ts'

/**
 * @param why what goes on, as `gateway status` tells it meanwhile. @param use is given a folder for sockets.
 * @throws CliError when a gateway runs.
 */
export async function whileHeld<Result>(
  context: Context,
  why: string,
  use: (sockets: string) => Promise<Result>,
): Promise<Result> {
  const place = withDevelopmentTls(context)
  const gateway = gatewayMeant(context)
  const since = new Date(context.clock()).toISOString()
  const status = (): GatewayStatus => ({
    pid: process.pid,
    ready: false,
    since,
    public_url: gateway.addresses.issuer,
    envoy_admin_url: null,
    state_directory: gateway.stateDirectory,
    versions: {},
    configuration: toConfigurationStatus(gateway, place),
    certificate: null,
    parts: [{ name: why, state: 'ready', pid: process.pid, restarts: 0, since, last_exit: null }],
    services: [],
    switched_off: [],
    people: toPeopleStatus(gateway),
    cautions: [],
  })
  prepareStateDirectory(gateway.stateDirectory)
  // Told to stop it goes on: what it does is done in seconds, and breaking it off would gain nobody anything.
  const stop = (): void => {}
  const restart = (): never => {
    throw new Error(`${why} goes on: nothing can be restarted`)
  }
  const claim = await claimStateDirectory(gateway.stateDirectory, context.environment, {
    status,
    stop,
    restart,
    restartPart: async () => restart(),
  })
  try {
    return await use(claim.sockets)
  } finally {
    claim.release()
  }
}
