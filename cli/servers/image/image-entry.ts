/** The entry of an image: its program, in a container that only the bridge reaches; and the same on trial. */

import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
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

/** As confined as services/image.yaml has it. @param container its name, to be able to remove it. */
export function toTrialEntry(
  { pinned, command, workingDirectory }: ImageFacts,
  { env = {} }: Members,
  { container, internet }: { readonly container: string; readonly internet: boolean },
): ServiceDefinition {
  const [program = '', ...args] = command
  return {
    command: 'docker',
    env,
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
