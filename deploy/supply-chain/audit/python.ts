/** Known faults of Python packages, by PyPA's pip-audit (`PIP_AUDIT_BIN`, or on the PATH). */

import { type Ask, askClient } from '../../../cli/outdated/lookup.ts'
import { findOnPath } from '../../../lib/platform/find-on-path.ts'
import { type Answer, type Fault, notAnswered } from './answer.ts'

const ARGS = ['--require-hashes', '--disable-pip', '--format', 'json', '--progress-spinner', 'off']
const LACKING = 'pip-audit is not here: pipx install pip-audit, or PIP_AUDIT_BIN'

/** @param file a list of packages, from `cwd`. */
export async function auditPython(file: string, { cwd, env }: Ask): Promise<Answer> {
  const program = env['PIP_AUDIT_BIN'] || findOnPath('pip-audit', env)
  if (program === undefined) return notAnswered(file, LACKING)
  const told = await askClient(program, ['-r', file, ...ARGS], { cwd, env })
  if (told.failure !== undefined) return notAnswered(file, told.failure)
  return parsePipAudit(file, told.stdout, told.stderr)
}

interface Audited {
  readonly name: string
  readonly version?: string
  /** Said with exit code 0, below "No known vulnerabilities found". */
  readonly skip_reason?: string
  readonly vulns?: readonly {
    readonly id: string
    readonly aliases?: readonly string[]
    readonly description?: string
  }[]
}

export function parsePipAudit(file: string, stdout: string, stderr: string): Answer {
  let all: readonly Audited[]
  try {
    all = (JSON.parse(stdout) as { readonly dependencies: readonly Audited[] }).dependencies
  } catch {
    return notAnswered(file, `pip-audit: ${stderr.trim().split('\n').at(-1) ?? 'no report'}`)
  }
  const skipped = all.filter(({ skip_reason: reason }) => reason !== undefined)
  const [first] = skipped
  if (first !== undefined) {
    const told = `${skipped.length} of ${all.length} packages were skipped`
    return notAnswered(file, `pip-audit: ${told}: ${first.skip_reason}`)
  }
  return { file, outcome: 'answered', packages: all.length, faults: all.flatMap(toFaults) }
}

function toFaults({ name, version, vulns = [] }: Audited): Fault[] {
  return vulns.map(({ id, aliases = [], description = '' }) => {
    const [title = ''] = description.split('\n')
    return { id, aliases, package: `${name} ${version}`, title }
  })
}
