/**
 * The runner program: starts, limits and ends the processes of services for bridges elsewhere, e.g. in
 * a service's container. It knows no session, no user and no store.
 *
 * The log is on stderr: on stdout stands `ready`, once it is.
 */

import { dirname, resolve } from 'node:path'
import { pino } from 'pino'
import { systemClock } from '../../lib/platform/clock.ts'
import { ConfigError } from '../../lib/platform/environment.ts'
import { runRoom, type Stop } from '../../lib/platform/lifecycle.ts'
import { createLog, type Log } from '../../lib/platform/log.ts'
import { createProcessGroups } from '../../lib/platform/process-group.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { listenOnSocket, SOCKET_MODES } from '../../lib/platform/unix-socket.ts'
import { RUNNER_INPUT_BYTES_MAX, SHUTDOWN_WAITS, WATCHDOG_GRACE_SECONDS } from '../limits.ts'
import { Accounts } from './accounts.ts'
import { type McpRunnerConfig, readConfig } from './config.ts'
import { Usage } from './figures.ts'
import { createLocalHost } from './local-host.ts'
import { removeNativeSockets } from './native-sockets.ts'
import { createRunnerServer } from './serve-bridges.ts'
import { Sweep } from './sweep.ts'

const onStderr = pino.destination({ fd: 2, sync: true })
const bootLog = createLog('mcp-runner', 'info', onStderr)

await runRoom(bootLog, async () => {
  const config = readConfig(process.env)
  const stop = await start(config, createLog('mcp-runner', config.LOG_LEVEL, onStderr))
  console.log('ready')
  return stop
})

async function start(config: McpRunnerConfig, log: Log): Promise<Stop> {
  const place = {
    servicesFolder: resolve(config.MCP_RUNNER_DATA),
    socketFolder: dirname(resolve(config.MCP_RUNNER_SOCKET)),
  }
  const gatewayMarker = config.GATEWAY_MARKER ?? randomText(12)
  const shared = { sweep: new Sweep(), usage: new Usage(), clock: systemClock, log }
  const accounts = createAccounts(config, place.servicesFolder)
  const createHost = () =>
    createLocalHost({
      ...shared,
      groups: createProcessGroups(
        { name: 'MCP_GATEWAY_RUNNER', value: randomText(12) },
        WATCHDOG_GRACE_SECONDS,
      ),
      surroundings: {
        environment: process.env,
        ...place,
        gatewayMarker,
        passed: config.MCP_RUNNER_PASSED,
      },
      accounts,
      inputBytesMax: RUNNER_INPUT_BYTES_MAX,
    })
  const { server, stopAll } = createRunnerServer({ createHost, place, ...shared })
  removeNativeSockets(place.socketFolder)
  const mode = config.MCP_RUNNER_GROUP ? SOCKET_MODES.group : SOCKET_MODES.own
  await listenOnSocket(server, config.MCP_RUNNER_SOCKET, mode)
  return async () => {
    server.close()
    await stopAll(SHUTDOWN_WAITS)
  }
}

/** @throws ConfigError when nobody but root could give out accounts. */
function createAccounts(config: McpRunnerConfig, servicesFolder: string): Accounts | undefined {
  const { MCP_RUNNER_UIDS: range, MCP_RUNNER_USER_PROCESSES: processesMax } = config
  if (range === undefined) return undefined
  if (process.getuid?.() === 0) return new Accounts({ servicesFolder, range, processesMax })
  throw new ConfigError([
    'MCP_RUNNER_UIDS needs the runner to be root, with SETUID, SETGID and KILL',
  ])
}
