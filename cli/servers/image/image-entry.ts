/** The entry of an image: its program, in a container that only the bridge reaches; and the same on trial. */

import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import type { ImageFacts } from './inspect-image.ts'

type Members = Pick<ServiceDefinition, 'env'>

export function toImageEntry(
  name: string,
  { command, workingDirectory }: ImageFacts,
): ServiceDefinition {
  const [program = '', ...own] = command
  return {
    command: program,
    ...(own.length > 0 && { args: own }),
    // Without it the program would be started on the operator's own machine where there is no container.
    runner: `/run/runners/${name}/runner.sock`,
    ...(workingDirectory !== '' && { cwd: workingDirectory }),
  }
}

/** What `docker` itself goes by: which engine, and how it is reached. */
const DOCKERS_OWN = /^(?:DOCKER_\w+|XDG_RUNTIME_DIR|SSH_AUTH_SOCK)$/

export interface TrialPlace {
  /** Its name, to be able to remove it. */
  readonly container: string
  readonly internet: boolean
  /** Of the operator. */
  readonly environment: Environment
}

/** As confined as services/image.yaml has it. */
export function toTrialEntry(
  { pinned, command, workingDirectory }: ImageFacts,
  { env = {} }: Members,
  { container, internet, environment }: TrialPlace,
): ServiceDefinition {
  const [program = '', ...args] = command
  return {
    command: 'docker',
    // For docker alone: the container is given what is named below.
    env: { ...dockersOwn(environment), ...env },
    args: [
      ...['run', '--rm', '--interactive', '--name', container],
      ...(internet ? [] : ['--network', 'none']),
      ...['--read-only', '--tmpfs', '/tmp:mode=1777', '--tmpfs', '/data:mode=1777'],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', '1000:1000'],
      ...['--env', 'HOME=/data', ...Object.keys(env).flatMap((name) => ['--env', name])],
      ...(workingDirectory === '' ? [] : ['--workdir', workingDirectory]),
      ...['--entrypoint', program, pinned, ...args],
    ],
  }
}

function dockersOwn(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      DOCKERS_OWN.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}
