/** Makes a virtual environment and puts pinned packages into it, by Python's own pip or by uv. */

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PackageInstall } from '../../../lib/catalogue/packages.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { CliError } from '../../cli-error.ts'
import { explainFailure } from '../installer.ts'
import { isAtLeast } from '../program.ts'
import { runQuietly } from '../run-quietly.ts'
import { INSTALL_MS_MAX, type Installing } from './installing.ts'

type Command = readonly [string, ...string[]]

interface Way {
  make(folder: string): Command
  install(python: string, requirements: string): Command
}

const PYTHON_MIN = '3.10'
/** The first that installs for another Python than its own. */
const PIP_MIN = '22.3'

const CHECKED = ['--no-deps', '--require-hashes', '--only-binary=:all:'] as const

const PIP: Way = {
  // Debian's has no ensurepip; the pip beside it serves as well.
  make: (folder) => ['python3', '-m', 'venv', '--without-pip', folder],
  install: (python, requirements) => [
    'python3',
    ...['-m', 'pip', '--python', python, 'install', ...CHECKED, '-r', requirements],
    ...['--no-input', '--disable-pip-version-check', '--no-warn-script-location'],
  ],
}

const UV: Way = {
  make: (folder) => ['uv', 'venv', '--no-project', '--python', `>=${PYTHON_MIN}`, folder],
  install: (python, requirements) => [
    'uv',
    ...['pip', 'install', '--python', python, ...CHECKED, '-r', requirements],
    '--compile-bytecode',
  ],
}

/** Overrides what an account may have set for its own installs. */
const SETTINGS = { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', PIP_TARGET: '', PIP_PREFIX: '' }

/**
 * Into `target`, an empty place. The environment may be moved afterwards: its programs are run by path, with
 * its own Python.
 * @throws CliError saying what is missing, or why it failed.
 */
export async function installPython(
  { package: name, pins }: PackageInstall,
  target: string,
  { environment, signal }: Installing,
): Promise<void> {
  const way = await findWay(environment, name)
  const temporary = join(dirname(target), 'tmp')
  mkdirSync(temporary)
  const variables = { ...environment, ...SETTINGS, TMPDIR: temporary }
  const requirements = join(pins, 'requirements.txt')
  const python = join(target, 'bin/python')
  for (const command of [way.make(target), way.install(python, requirements)]) {
    const run = await runQuietly(command, variables, { timeoutMs: INSTALL_MS_MAX, signal })
    if (run.exitCode !== 0) throw failed(name, explainFailure(run), requirements)
  }
}

const PROBE = 'import sys, venv, pip; print("%d.%d" % sys.version_info[:2], pip.__version__)'
const PROBE_MS_MAX = 20_000

async function findWay(environment: Environment, name: string): Promise<Way> {
  const options = { timeoutMs: PROBE_MS_MAX }
  const probe = await runQuietly(['python3', '-c', PROBE], environment, options)
  const [python = '0', pip = '0'] = probe.stdout.trim().split(' ')
  if (isAtLeast(python, PYTHON_MIN) && isAtLeast(pip, PIP_MIN)) return PIP
  const uv = await runQuietly(['uv', '--version'], environment, options)
  if (uv.exitCode === 0) return UV
  const found = probe.exitCode === 0 ? `python3 is ${python} with pip ${pip}` : 'neither is here'
  throw new CliError(
    `${name} needs Python ${PYTHON_MIN} or newer with pip ${PIP_MIN} or newer, or uv: ${found}.`,
    {
      nextStep:
        'apt-get install python3-pip python3-venv, or install uv (https://docs.astral.sh/uv)',
    },
  )
}

function failed(name: string, reason: string, requirements: string): CliError {
  return new CliError(`${name} could not be installed: ${reason}`, {
    nextStep: `see to that and start again; its pins are in ${requirements}`,
  })
}
