/** Into the container of the authorization server, where the compose project of this folder runs. */

import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import type { Context } from '../context.ts'

const ROOM = 'oauth-server'
const PROGRAM = [
  'node',
  '--env-file=/run/room/environment',
  '--disable-warning=ExperimentalWarning',
  '/app/oauth-server/admin/main.ts',
]
const LOOK_MS = 20_000

/** Undefined where there is no project, or it does not run. */
export async function execInCompose(context: Context): Promise<Duplex | undefined> {
  const { workingDirectory: cwd, environment: env } = context
  if (!existsSync(join(cwd, 'compose.yaml'))) return undefined
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

async function runsInCompose({
  workingDirectory: cwd,
  environment: env,
}: Context): Promise<boolean> {
  const args = ['compose', 'ps', '--services', '--status', 'running']
  try {
    const { stdout } = await promisify(execFile)('docker', args, { cwd, env, timeout: LOOK_MS })
    return stdout.split('\n').includes(ROOM)
  } catch {
    // No Docker, or an engine that does not answer: then nothing of ours runs in it.
    return false
  }
}
