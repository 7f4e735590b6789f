/** What an image starts by itself, and as what: asked of the engine here. */

import type { Environment } from '../../../lib/platform/environment.ts'
import { CliError } from '../../cli-error.ts'
import { type Run, runQuietly } from '../../embedded/run-quietly.ts'

export interface ImageFacts {
  /** By digest where a registry gave one: it means the same image for ever. */
  readonly pinned: string
  readonly command: readonly string[]
  /** Empty: the root. */
  readonly workingDirectory: string
  /** Names of the variables that it sets for its program. */
  readonly variables: readonly string[]
}

const INSPECT_MS_MAX = 60_000
const PULL_MS_MAX = 900_000

/**
 * @param args what it starts instead of its `CMD`, as `docker run` has it; none: its own.
 * @throws CliError when there is no engine, or no such image.
 */
export async function inspectImage(
  image: string,
  args: readonly string[],
  environment: Environment,
  note: (text: string) => void,
): Promise<ImageFacts> {
  const inspect = (): Promise<Run> =>
    docker(['image', 'inspect', image], environment, INSPECT_MS_MAX)
  let run = await inspect()
  if (run.exitCode === undefined) throw noEngine(run)
  if (run.exitCode !== 0) {
    note(`Fetching ${image} …`)
    const pulled = await docker(['pull', '--quiet', image], environment, PULL_MS_MAX)
    if (pulled.exitCode !== 0) throw notFetched(image, pulled)
    run = await inspect()
  }
  return readImage(image, args, run.stdout)
}

interface Inspected {
  readonly RepoDigests?: readonly string[] | null
  readonly Config?: {
    readonly Entrypoint?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Env?: readonly string[] | null
    readonly WorkingDir?: string
  }
}

/** @param stdout of `docker image inspect`. @throws CliError when it starts nothing. */
export function readImage(image: string, args: readonly string[], stdout: string): ImageFacts {
  const [{ RepoDigests, Config = {} } = {} as Inspected] = JSON.parse(stdout) as Inspected[]
  const command = [...(Config.Entrypoint ?? []), ...(args.length > 0 ? args : (Config.Cmd ?? []))]
  if (command.length === 0) {
    throw new CliError(`${image} names no program that it starts.`, {
      nextStep: 'name it behind --: gateway add image:… -- PROGRAM ARGS',
    })
  }
  const { WorkingDir: workingDirectory = '' } = Config
  const own = command.slice(0, command.length - args.length)
  if ([...own, workingDirectory].some((text) => text.includes('${'))) {
    throw new CliError(`${image} starts with a \${…}, which would mean something to the gateway.`, {
      nextStep: 'name the program behind --: gateway add image:… -- PROGRAM ARGS',
    })
  }
  return {
    pinned: RepoDigests?.[0] ?? image,
    command,
    workingDirectory,
    // Compose, into whose file they go, would take others for its own.
    variables: (Config.Env ?? [])
      .map((pair) => pair.split('=')[0] ?? '')
      .filter((name) => /^[A-Za-z_]\w*$/.test(name)),
  }
}

function docker(
  args: readonly string[],
  environment: Environment,
  timeoutMs: number,
): Promise<Run> {
  return runQuietly(['docker', ...args], environment, { timeoutMs })
}

function noEngine({ stderr }: Run): CliError {
  return new CliError(`docker cannot be asked${stderr === '' ? '' : `: ${stderr.trim()}`}`, {
    nextStep: 'images need Docker: install it, or start its engine',
  })
}

function notFetched(image: string, { stderr }: Run): CliError {
  const last = stderr.trim().split('\n').at(-1) ?? ''
  return new CliError(`${image} cannot be fetched: ${last}`, {
    nextStep: 'check its name, and docker login where its registry wants one',
  })
}
