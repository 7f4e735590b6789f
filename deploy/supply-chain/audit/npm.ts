/** Known faults of npm's packages, by `npm audit`. */

import { dirname, join } from 'node:path'
import { type Ask, askClient } from '../../../cli/outdated/lookup.ts'
import { type Answer, type Fault, notAnswered } from './answer.ts'

const ARGS = ['audit', '--omit', 'dev', '--package-lock-only', '--json', '--fetch-retries=1']

/** @param file a lock, from `cwd`. */
export async function auditNpm(file: string, { cwd, env }: Ask): Promise<Answer> {
  const told = await askClient('npm', ARGS, { cwd: join(cwd, dirname(file)), env })
  return told.failure === undefined
    ? parseNpmAudit(file, told.stdout)
    : notAnswered(file, told.failure)
}

interface Advisory {
  readonly name: string
  readonly url: string
  readonly title: string
  readonly severity: string
}

interface Report {
  readonly message?: string
  readonly error?: { readonly summary?: string; readonly detail?: string }
  /** Of each package: its own faults, and names of those whose faults it has because it needs them. */
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly via: readonly (Advisory | string)[] }>
  >
  readonly metadata?: { readonly dependencies?: { readonly total?: number } }
}

export function parseNpmAudit(file: string, stdout: string): Answer {
  let report: Report
  try {
    report = JSON.parse(stdout)
  } catch {
    return notAnswered(file, 'npm audit did not answer in JSON')
  }
  const { vulnerabilities, error, message, metadata } = report
  if (vulnerabilities === undefined || error !== undefined) {
    return notAnswered(file, `npm audit: ${message || error?.summary || 'no report'}`)
  }
  const advisories = Object.values(vulnerabilities)
    .flatMap(({ via }) => via)
    .filter((one) => typeof one !== 'string')
  const faults = new Map(advisories.map((one) => [`${one.name} ${one.url}`, toFault(one)]))
  const packages = metadata?.dependencies?.total ?? 0
  return { file, outcome: 'answered', packages, faults: [...faults.values()] }
}

function toFault({ name, url, title, severity }: Advisory): Fault {
  const id = url.slice(url.lastIndexOf('/') + 1)
  return { id, aliases: [], package: name, title: `${severity}: ${title}` }
}
