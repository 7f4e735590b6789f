/** pip or uv, whichever is here, and how each is told to check hashes and touch nothing else. */

import type { Environment } from '../../lib/platform/environment.ts'
import { type Run, runQuietly } from './run-quietly.ts'

export interface Installer {
  command(target: string, requirements: string): [string, ...string[]]
  /** Overrides what an account may have set for its own installs. */
  readonly settings: Readonly<Record<string, string>>
}

const COMMON = ['--no-deps', '--require-hashes', '--target']

function pip(program: [string, ...string[]]): Installer {
  return {
    settings: { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' },
    command: (target, requirements) => [
      ...program,
      'install',
      '--only-binary=:all:',
      '--no-input',
      '--disable-pip-version-check',
      '--no-warn-script-location',
      ...COMMON,
      target,
      '-r',
      requirements,
    ],
  }
}

const UV: Installer = {
  settings: {},
  command: (target, requirements) => [
    'uv',
    'pip',
    'install',
    '--only-binary=:all:',
    ...COMMON,
    target,
    '-r',
    requirements,
  ],
}

const CANDIDATES: readonly {
  readonly probe: [string, ...string[]]
  readonly installer: Installer
}[] = [
  { probe: ['python3', '-m', 'pip', '--version'], installer: pip(['python3', '-m', 'pip']) },
  { probe: ['pip3', '--version'], installer: pip(['pip3']) },
  { probe: ['pip', '--version'], installer: pip(['pip']) },
  { probe: ['uv', '--version'], installer: UV },
]

const PROBE_MS_MAX = 20_000

/** The first that runs. */
export async function findInstaller(environment: Environment): Promise<Installer | undefined> {
  for (const { probe, installer } of CANDIDATES) {
    const { exitCode } = await runQuietly(probe, environment, { timeoutMs: PROBE_MS_MAX })
    if (exitCode === 0) return installer
  }
  return undefined
}

/** The line of its output that says why. */
export function explainFailure({ exitCode, stdout, stderr }: Run): string {
  if (exitCode === undefined) return 'it took too long or could not be started'
  const printed = `${stdout}\n${stderr}`
  if (/DO NOT MATCH THE HASHES|Hash mismatch/i.test(printed))
    return 'what the index sent does not have the pinned hash, and was thrown away'
  if (
    /Failed to establish a new connection|Connection refused|Name or service|timed out|dns error|error sending request/i.test(
      printed,
    )
  )
    return 'the package index cannot be reached (network, proxy, PIP_INDEX_URL)'
  const [, nowhere] = /No matching distribution found for (\S+)/.exec(printed) ?? []
  if (nowhere !== undefined)
    return `the package index has no ${nowhere} that fits this machine and its Python`
  const lines = printed.split('\n').filter((line) => /error/i.test(line))
  return lines.at(-1)?.trim() ?? `exit code ${exitCode}`
}
