/** Into the container of the authorization server, where the compose project of this folder runs. */

import { Duplex } from 'node:stream'
import type { Context } from '../context.ts'
import { spawnCompose } from '../docker/spawn-compose.ts'
import { parseContainers } from '../status/compose-ps.ts'
import { findDockerCompose } from '../status/docker-compose.ts'

const ROOM = 'oauth-server'
const PROGRAM = ['node', '--env-file=/run/room/environment', '/app/oauth-server/admin/main.ts']

/** Undefined where there is no project, or it does not run. */
export async function execInCompose(context: Context): Promise<Duplex | undefined> {
  if (!(await runsInCompose(context))) return undefined
  const { child, exit } = spawnCompose(context, ['exec', '-T', ROOM, ...PROGRAM])
  child.stderr.pipe(context.output.stderr, { end: false })
  const lines = Duplex.from({ writable: child.stdin, readable: child.stdout })
  exit.catch((error: Error) => lines.destroy(error))
  return lines
}

async function runsInCompose({ workingDirectory, environment }: Context): Promise<boolean> {
  const compose = await findDockerCompose(workingDirectory, environment)
  if (compose === undefined) return false
  const containers = parseContainers(await compose.ps())
  return containers.some(({ name, verdict }) => name === ROOM && verdict === 'serving')
}
