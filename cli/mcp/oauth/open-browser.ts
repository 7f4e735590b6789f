/** Opens a page for the person at this machine, where there is a way to. */

import { spawn } from 'node:child_process'
import type { Environment } from '../../../lib/platform/environment.ts'

/** Starts a program and forgets it: that nothing opens is seen by the person, who has the URL too. */
export function openBrowser(url: URL, environment: Environment): void {
  // An argument of a program, never of a shell; and nothing but the web.
  if (!/^https?:$/.test(url.protocol)) return
  const [command, ...args] = browserCommand(environment)
  const child = spawn(command, [...args, url.href], { stdio: 'ignore', detached: true })
  child.once('error', () => {})
  child.unref()
}

function browserCommand(environment: Environment): [string, ...string[]] {
  const named = environment['BROWSER'] ?? ''
  if (named !== '') return [named]
  if (process.platform === 'darwin') return ['open']
  return environment['WSL_DISTRO_NAME'] === undefined ? ['xdg-open'] : ['wslview']
}
