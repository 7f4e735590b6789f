/** Into the container of the authorization server, where the compose project of this folder runs. */

import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import type { Context } from '../context.ts'
import { parseContainers } from '../status/compose-ps.ts'
import { findDockerCompose } from '../status/docker-compose.ts'

const ROOM = 'oauth-server'
const PROGRAM = ['node', '--env-file=/run/room/environment', '/app/oauth-server/admin/main.ts']

/** Undefined where there is no project, or it does not run. */
export async function execInCompose(context: Context): Promise<Duplex | undefined> {
  const { workingDirectory: cwd, environment: env } = context
  if (!(await runsInCompose(context))) return undefined
  const child = spawn('docker', ['compose', 'exec', '-T', ROOM, ...PROGRAM], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = Duplex.from({ writable: child.stdin, readable: child.stdout })
  child.once('error', (error) => lines.destroy(error))
  return lines
}

async function runsInCompose({ workingDirectory, environment }: Context): Promise<boolean> {
  const compose = await findDockerCompose(workingDirectory, environment)
  if (compose === undefined) return false
  const containers = parseContainers(await compose.ps())
  return containers.some(({ name, verdict }) => name === ROOM && verdict === 'serving')
}
