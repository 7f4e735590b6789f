/** Finds what tests need: Envoy and Valkey as a start finds them, and programs that may be lacking. */

import { delimiter, join } from 'node:path'
import { findProgram } from '../../cli/embedded/find-program.ts'
import { ENVOY, isAtLeast, VALKEY } from '../../cli/embedded/program.ts'
import { createProgress } from '../../cli/embedded/progress.ts'
import { runQuietly } from '../../cli/embedded/run-quietly.ts'
import { systemClock } from '../../lib/platform/clock.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { isExecutable } from '../../lib/platform/find-on-path.ts'

type Variables = Readonly<Record<string, string>>

export async function findServers(environment: Environment, root: string): Promise<Variables> {
  const options = {
    environment,
    stateDirectory: join(root, '.gateway'),
    progress: createProgress(process, systemClock),
  }
  const [envoy, valkey] = await Promise.all([
    findProgram(ENVOY, options),
    findProgram(VALKEY, options),
  ])
  return { ENVOY_BIN: envoy.path, VALKEY_BIN: valkey.path }
}

/** The variables of the tools that are here; `needs` skips tests for the others. */
export async function findTools(environment: Environment): Promise<Variables> {
  const found = {
    BASH_BIN: findOnPath(environment, 'bash'),
    CHROMIUM_BIN: findOnPath(environment, 'chromium', 'chromium-browser', 'google-chrome'),
    FISH_BIN: findOnPath(environment, 'fish'),
    GIT_BIN: findOnPath(environment, 'git'),
    GO_BIN: findOnPath(environment, 'go'),
    GRPCURL_BIN: findOnPath(environment, 'grpcurl'),
    LEGO_BIN: findOnPath(environment, 'lego'),
    PYTHON_BIN: await findPython(environment),
    TMUX_BIN: findOnPath(environment, 'tmux'),
    ZSH_BIN: findOnPath(environment, 'zsh'),
  }
  const variables: Record<string, string> = {}
  for (const [name, path] of Object.entries(found)) {
    const given = environment[name] ?? ''
    if (given !== '') variables[name] = given
    else if (path !== undefined) variables[name] = path
  }
  return variables
}

const PYTHON_MIN = '3.10'
const VERSION_MS_MAX = 10_000

async function findPython(environment: Environment): Promise<string | undefined> {
  const path = findOnPath(environment, 'python3')
  if (path === undefined) return undefined
  const { stdout } = await runQuietly([path, '--version'], environment, {
    timeoutMs: VERSION_MS_MAX,
  })
  const version = /Python (\d+\.\d+)/.exec(stdout)?.[1]
  return version !== undefined && isAtLeast(version, PYTHON_MIN) ? path : undefined
}

function findOnPath(environment: Environment, ...names: string[]): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}
